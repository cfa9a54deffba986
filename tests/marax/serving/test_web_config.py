import ssl
from pathlib import Path

import pytest
import trustme

from marax.serving.tls import ServerTls
from marax.serving.web_config import WebConfig, read_web_config
from marax.settings.mistakes import SettingsError

DATA = Path(__file__).parents[2] / "data" / "web_config"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates and keys, good and bad, under the names that the files in DATA use."""
    folder = tmp_path_factory.mktemp("web_config")
    authority = trustme.CA()
    certificate, other = authority.issue_cert("localhost"), authority.issue_cert("localhost")
    first_line, rest = certificate.private_key_pem.bytes().split(b"\n", 1)
    encryption = b"\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,000102030405060708090A0B0C0D0E0F\n\n"
    files = {
        "ca.pem": authority.cert_pem.bytes(),
        "cert.pem": certificate.cert_chain_pems[0].bytes(),
        "key.pem": certificate.private_key_pem.bytes(),
        "open-key.pem": certificate.private_key_pem.bytes(),
        "other-key.pem": other.private_key_pem.bytes(),
        "encrypted-key.pem": first_line + encryption + rest,
        "garbage.pem": b"neither a certificate nor a key\n",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o644 if name == "open-key.pem" else 0o640)
    return folder


def _read(folder: Path, name: str) -> WebConfig:
    web_config = folder / "web.yml"
    web_config.write_bytes((DATA / name).read_bytes())
    return read_web_config(web_config)


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.good.yml")))
def test_reads_what_exporter_toolkit_reads(folder: Path, name: str):
    web_config = _read(folder, name)

    assert (web_config.tls is not None) == (name != "empty.good.yml")


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.bad.yml")))
def test_says_what_is_wrong(folder: Path, name: str):
    first_line, *_ = (DATA / name).read_text().splitlines()
    expected = first_line.removeprefix("# ").replace("{folder}", str(folder))

    with pytest.raises(SettingsError) as caught:
        _read(folder, name)

    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(folder / "web.yml"))


def test_never_tells_a_password_hash(folder: Path):
    with pytest.raises(SettingsError) as caught:
        _read(folder, "basic_auth_short.bad.yml")

    assert "$2y$" not in str(caught.value)
    assert "unused" not in str(caught.value)


def test_applies_every_key(folder: Path):
    web_config = _read(folder, "every_key.good.yml")

    assert web_config.headers == (
        (b"content-security-policy", b"default-src 'self'"),
        (b"strict-transport-security", b"max-age=31536000"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"deny"),
    )
    assert web_config.tls is not None
    context = web_config.tls.context
    old_ciphers = [cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] == "TLSv1.2"]
    assert old_ciphers == ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert not context.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.maximum_version is ssl.TLSVersion.TLSv1_3


def test_demands_a_safe_tls_unasked(folder: Path):
    web_config = _read(folder, "tls.good.yml")

    assert web_config.tls is not None
    context = web_config.tls.context
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.options & ssl.OP_NO_COMPRESSION
    assert context.verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize(
    ("names", "is_admitted"),
    [
        ((("DNS", "prometheus.example.org"),), True),
        ((("DNS", "other.example.org"), ("email", "ops@example.org")), True),
        ((("URI", "spiffe://example.org/prometheus"),), True),
        ((("IP Address", "2001:DB8:0:0:0:0:0:1"),), True),
        ((("IP Address", "10.0.0.1"),), False),
        ((("DNS", "PROMETHEUS.example.org.evil"),), False),
        ((("DNS", "*.example.org"),), False),
        ((), False),
    ],
    ids=str,
)
def test_admits_a_certificate_that_bears_an_allowed_name(
    names: tuple[tuple[str, str], ...],
    is_admitted: bool,  # noqa: FBT001 - pytest hands it over by name
):
    allowed = {"prometheus.example.org", "ops@example.org", "2001:db8::1", "spiffe://example.org/prometheus"}
    tls = ServerTls(context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), allowed_sans=frozenset(allowed))

    assert tls.admits({"subjectAltName": names}) is is_admitted


@pytest.mark.parametrize("certificate", [None, {}], ids=["none", "unverified"])
def test_admits_nobody_without_a_certificate_when_names_are_asked_for(certificate: dict[str, object] | None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    assert not ServerTls(context=context, allowed_sans=frozenset({"a"})).admits(certificate)
    assert ServerTls(context=context).admits(certificate)
