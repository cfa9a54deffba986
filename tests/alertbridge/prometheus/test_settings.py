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
        "http://..",
        "http://a..b",
        "http://-a",
        f"http://{'a' * 64}",
        f"http://{'a.' * 130}",
        "http://[..]",
        "\x01http://p",
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


@pytest.mark.parametrize(
    ("url", "page", "own"),
    [
        ("http://localhost:9090/graph", "/graph", "http://localhost:9090"),
        ("https://p/prometheus/alerts/", "/prometheus/alerts", "https://p:443/prometheus"),
        ("http://p/classic/targets", "/classic/targets", "http://p:80"),
        ("http://p:9090/query", "/query", "http://p:9090"),
        ("http://p:9090/api/v1/query", "/api/v1/query", "http://p:9090"),
        ("http://ann:s3cret@p:9090/rules", "/rules", "http://p:9090"),
    ],
)
def test_proposes_prometheus_own_address_instead_of_that_of_a_page(tmp_path, url, page, own):
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, f"urls:\n- http://other\n- {url}\n")
    with pytest.raises(SettingsError, match=rf":1: url: found the address of a page, {page}, expected "):
        read(tmp_path, f"url: {url}\n")

    assert str(caught.value).endswith(
        f":3: urls[1]: found the address of a page, {page}, expected Prometheus' own, {own}"
    )
