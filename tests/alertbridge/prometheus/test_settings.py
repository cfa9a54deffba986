import pytest

from alertbridge.prometheus.settings import HttpUrl, PrometheusSettings
from marax.settings.mistakes import SettingsError
from marax.settings.reader import read_settings


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("http://127.0.0.1:9090", "http://127.0.0.1:9090"),
        ("https://prometheus.example.org", "https://prometheus.example.org:443"),
        ("http://[::1]:9090/", "http://[::1]:9090"),
        ("http://p/prometheus/", "http://p:80/prometheus"),
        ("http://ann:secret@p:9090", "http://p:9090"),
    ],
)
def test_reads_an_address(tmp_path, setting, shown):
    path = tmp_path / "bridge.yml"
    path.write_text(f"url: {setting}\n")

    settings = read_settings(path, PrometheusSettings)

    assert str(settings.url) == shown
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    "value",
    [
        None,
        9090,
        "",
        "p:9090",
        "ftp://p",
        "http://",
        "http://:9090",
        "http://p:0",
        "http://p:99999",
        "http://p:x",
        "http://p/?a=b",
        "http://p/#x",
        "http://p/a b",
        "http://p\r\nX: y",
        "http://p/\r\nX: y",
        "http://[::1",
        "http://p q",
    ],
)
def test_refuses_what_is_no_address(value):
    with pytest.raises(ValueError, match="an http or https URL such as"):
        HttpUrl.from_setting(value)


def test_a_mistake_names_its_key(tmp_path):
    path = tmp_path / "bridge.yml"
    path.write_text("url: p:9090\n")

    with pytest.raises(SettingsError, match=r"url: found 'p:9090', expected an http or https URL"):
        read_settings(path, PrometheusSettings)


def read(tmp_path, text: str) -> PrometheusSettings:
    path = tmp_path / "bridge.yml"
    path.write_text(text)
    return read_settings(path, PrometheusSettings)


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("url: http://p:9090", ["http://p:9090"]),
        ("urls: [http://p:9090]", ["http://p:9090"]),
        ("urls: ['http://p:9090', 'http://ann:secret@q:9090/x']", ["http://p:9090", "http://q:9090/x"]),
    ],
)
def test_reads_one_address_or_several(tmp_path, text, urls):
    settings = read(tmp_path, text)

    assert list(map(str, settings.all_urls)) == urls
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{}", "found neither `url` nor `urls`, expected one of both keys"),
        ("url: http://p\nurls: [http://q]", ":2: urls: found a list beside `url`, expected one of both keys"),
        ("urls: []", ":1: urls: found an empty list, expected one address at least"),
        ("urls:\n- http://p\n- q:9090", r":3: urls\[1\]: found 'q:9090', expected an http or https URL"),
        (
            "urls:\n- http://p\n- http://q\n- http://ann:s3cret@p:80/",
            r":4: urls\[2\]: found http://p:80 again, expected an address that no other has",
        ),
        ("urls: http://p", "urls: found 'http://p', expected a list"),
    ],
    ids=["none", "both", "no address", "no URL", "twice", "no list"],
)
def test_says_what_is_wrong_with_the_addresses(tmp_path, text, mistake):
    with pytest.raises(SettingsError, match=mistake):
        read(tmp_path, text)
