from pathlib import Path

import msgspec
import pytest

from alertbridge.delivery.mailgun.settings import BaseUrl, MailDomain, MailgunSettings
from alertbridge.mail.address import Sender
from marax.settings.mistakes import SettingsError
from marax.settings.reader import read_settings


def settings(**changes: object) -> MailgunSettings:
    usual = MailgunSettings(
        domain=MailDomain("mg.example.org"),
        sender=Sender("marax <alerts@mg.example.org>"),
        api_key_file=Path("mailgun.key"),
    )
    return msgspec.structs.replace(usual, **changes)


def test_reads_the_settings_file(tmp_path):
    file = tmp_path / "mailgun.yml"
    file.write_text(
        "domain: mg.example.org\nregion: eu\napi_key_file: /etc/marax/mailgun.key\n"
        'from: "marax <alerts@mg.example.org>"\nbase_url: https://proxy.example.org/\n'
    )

    assert read_settings(file, MailgunSettings) == settings(
        region="eu", api_key_file=Path("/etc/marax/mailgun.key"), base_url="https://proxy.example.org"
    )


def test_says_every_mistake_in_the_settings_file(tmp_path):
    file = tmp_path / "mailgun.yml"
    file.write_text("domain: localhost\nregion: asia\nfrom: marax\napi_key: key-1\nbase_url: example.org\n")

    with pytest.raises(SettingsError) as refusal:
        read_settings(file, MailgunSettings)

    assert str(refusal.value).replace(f"{file}:", "").splitlines() == [
        "1: domain: found 'localhost', expected a domain such as mg.example.org",
        "2: region: found 'asia', expected one of us, eu",
        "3: from: found 'marax', expected a sender such as marax <alerts@mg.example.org>",
        "4: api_key: found an unknown key, expected 'api_key_file', perhaps",
        "5: base_url: found 'example.org', expected an http or https URL without /v3 at its end, "
        "such as https://api.mailgun.net",
        "1: api_key_file: found nothing, expected a path",
    ]


def test_a_domain_is_of_the_american_site_unless_told_otherwise():
    assert settings().messages_url() == "https://api.mailgun.net/v3/mg.example.org/messages"


def test_the_region_chooses_the_site():
    assert settings(region="eu").messages_url() == "https://api.eu.mailgun.net/v3/mg.example.org/messages"


def test_a_base_url_comes_before_the_region():
    url = settings(region="eu", base_url=BaseUrl("http://127.0.0.1:8080/mg")).messages_url()

    assert url == "http://127.0.0.1:8080/mg/v3/mg.example.org/messages"


@pytest.mark.parametrize(
    ("written", "base_url"),
    [
        ("https://api.mailgun.net", "https://api.mailgun.net"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/mail/gun", "http://[::1]:8080/mail/gun"),
        ("https://proxy", "https://proxy"),
    ],
)
def test_takes_a_base_url(written, base_url):
    assert BaseUrl.from_setting(written) == base_url


@pytest.mark.parametrize(
    "written",
    [
        *[
            None,
            7,
            "",
            "api.mailgun.net",
            "ftp://api.mailgun.net",
            "https://",
            "https:///v3",
            "file:///etc/passwd",
        ],
        *[
            "https://api.mailgun.net/v3",
            "https://api.mailgun.net/v3/",
            "https://ann:password@proxy.example.org",
        ],
        *[
            "https://api.mailgun.net?x=1",
            "https://api.mailgun.net#x",
            "https://a b",
            "https://a\r\nb",
            "https://..",
            "https://mailgun-gateway.internal.example.org/v3/?x=1",
            f"https://{'a' * 30}_b@c",
            f"https://{'a' * 100_000}?",
            "https://proxy:99999",
        ],
    ],
)
def test_refuses_what_is_not_a_base_url(written):
    with pytest.raises(ValueError, match="an http or https URL without /v3 at its end"):
        BaseUrl.from_setting(written)


@pytest.mark.parametrize(
    "written", ["mg.example.org", "sandbox0123456789abcdef.mailgun.org", "xn--exmple-cua.org"]
)
def test_takes_a_domain(written):
    assert MailDomain.from_setting(written) == written


@pytest.mark.parametrize(
    "written",
    [
        None,
        7,
        "",
        "localhost",
        "mg.example.org/../x",
        "https://mg.example.org",
        "mg..org",
        "a b.org",
        "é.org",
    ],
)
def test_refuses_what_is_not_a_domain(written):
    with pytest.raises(ValueError, match="a domain such as mg"):
        MailDomain.from_setting(written)
