"""HTTPS, client certificates, and certificates that change while it runs."""

import contextlib
import dataclasses
import json
import signal
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from marax.serving.server import Server, ServingSettings
from marax.settings.addresses import Address
from marax.settings.mistakes import SettingsError
from tests.marax.serving.certificates import Certificates, make_certificates
from tests.marax.serving.kit import (
    EXPOSITION,
    Served,
    TinyApp,
    read_response,
    served_in_a_process,
    served_in_a_thread,
)

REQUIRED = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.pem"}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HEAD = b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


def test_answers_over_https(certificates: Certificates):
    with served_in_a_thread(certificates.web_config(), certificates.client()) as (served, _):
        response, body = served.get("/metrics")
        echoed = json.loads(served.request("POST", "/x", body=b"x" * 60_000)[1])

    assert (response.status, body) == (200, EXPOSITION)
    assert (echoed["scheme"], len(echoed["body"])) == ("https", 60_000)


def test_sends_a_large_answer_whole(certificates: Certificates):
    with served_in_a_thread(certificates.web_config(), certificates.client()) as (served, _):
        _, body = served.get("/large")

    assert body == bytes(8 * 1024 * 1024)


def test_agrees_on_http_1_1_with_a_client_that_would_rather_speak_http_2(certificates: Certificates):
    client = certificates.client()
    client.set_alpn_protocols(["h2", "http/1.1"])
    with served_in_a_thread(certificates.web_config(), client) as (served, _), served.connect() as connection:
        assert isinstance(connection, ssl.SSLSocket)
        assert connection.selected_alpn_protocol() == "http/1.1"


@pytest.mark.attack(60)
def test_refuses_a_version_that_is_too_old(certificates: Certificates):
    client = certificates.client()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        served_in_a_thread(certificates.web_config(min_version="TLS13"), client) as (served, _),
        pytest.raises(ssl.SSLError),
    ):
        served.get("/metrics")


@pytest.mark.attack(60)
def test_tells_a_plain_client_to_speak_https(certificates: Certificates):
    with served_in_a_thread(certificates.web_config()) as (served, _):
        answer = served.say(HEAD)

    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b'"urn:marax:problem:wants-tls"' in answer


@pytest.mark.attack(60)
@pytest.mark.parametrize("wire", [b"\x16\x03\x01\x00\x02xx", b"\x80\x2e\x01", bytes(300)])
def test_closes_on_what_is_no_handshake(certificates: Certificates, wire: bytes):
    with served_in_a_thread(certificates.web_config()) as (served, _):
        answer = served.say(wire, answer_seconds=0.3)

        assert b"HTTP" not in answer
        assert _trusting(served, certificates.client()).get("/metrics")[0].status == 200


@pytest.mark.attack(61)
def test_requires_a_client_certificate_of_its_authority(certificates: Certificates):
    name = "prometheus.example.org"
    expired = certificates.client()
    certificates.authority.issue_cert(name, not_after=LONG_AGO).configure_cert(expired)
    with served_in_a_thread(certificates.web_config(**REQUIRED)) as (served, _):
        assert _is_answered(_trusting(served, certificates.client(name)))
        for client in (certificates.client(), certificates.client(name, issuer=trustme.CA()), expired):
            assert not _is_answered(_trusting(served, client))
        assert served.say(HEAD).startswith(b"HTTP/1.1 400 ")


@pytest.mark.attack(61)
def test_verifies_a_client_certificate_only_if_there_is_one(certificates: Certificates):
    web_config = certificates.web_config(**REQUIRED | {"client_auth_type": "VerifyClientCertIfGiven"})
    with served_in_a_thread(web_config) as (served, _):
        assert _is_answered(_trusting(served, certificates.client()))
        assert _is_answered(_trusting(served, certificates.client("prometheus.example.org")))
        assert not _is_answered(_trusting(served, certificates.client("a", issuer=trustme.CA())))


@pytest.mark.attack(61)
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("name", "is_allowed"),
    [
        ("prometheus.example.org", True),
        ("10.1.2.3", True),
        ("ops@example.org", True),
        ("prometheus.example.com", False),
        ("10.1.2.4", False),
    ],
)
def test_lets_in_only_the_names_that_are_allowed(
    certificates: Certificates,
    newest: ssl.TLSVersion,
    name: str,
    is_allowed: bool,  # noqa: FBT001 - pytest hands it over by name
):
    sans = "[prometheus.example.org, 10.1.2.3, ops@example.org]"
    web_config = certificates.web_config(**REQUIRED, client_allowed_sans=sans)
    client = certificates.client(name)
    client.maximum_version = newest
    with served_in_a_thread(web_config, client) as (served, _):
        assert _is_answered(served) is is_allowed


def test_takes_up_a_new_certificate_without_dropping_anyone(certificates: Certificates):
    with (
        served_in_a_process(certificates.web_config(), certificates.client()) as served,
        served.connect() as before,
    ):
        old = _certificate(before)
        certificates.renew()

        assert _hang_up(served) == "reloaded\n"

        with served.connect() as after:
            assert _certificate(after) != old
        before.sendall(HEAD)
        assert read_response(before)[0] == 200


@pytest.mark.attack(62)
def test_keeps_the_old_certificate_when_the_new_one_is_bad(certificates: Certificates):
    with served_in_a_process(certificates.web_config(), certificates.client()) as served:
        with served.connect() as connection:
            old = _certificate(connection)
        other = certificates.authority.issue_cert("localhost")
        other.private_key_pem.write_to_path(certificates.folder / "key.pem")

        assert _hang_up(served).endswith(
            f"{certificates.folder}/key.pem, the key of another certificate, "
            f"expected the key of {certificates.folder}/cert.pem\n"
        )

        with served.connect() as connection:
            assert _certificate(connection) == old
        assert served.get("/metrics")[0].status == 200


def test_forgets_a_client_authority_that_is_gone(certificates: Certificates):
    retired = trustme.CA()
    with (certificates.folder / "ca.pem").open("ab") as stream:
        stream.write(retired.cert_pem.bytes())
    with served_in_a_thread(certificates.web_config(**REQUIRED)) as (served, server):
        client = _trusting(served, certificates.client("prometheus.example.org", issuer=retired))
        assert _is_answered(client)
        certificates.renew()

        server.reload_certificates()

        assert not _is_answered(client)


def test_sends_the_headers_that_the_web_config_asks_for(certificates: Certificates):
    web_config = certificates.folder / "headers.yml"
    web_config.write_text(
        "http_server_config: {headers: {X-Frame-Options: deny, X-Content-Type-Options: nosniff}}"
    )
    with served_in_a_thread(web_config) as (served, _):
        answered, _ = served.get("/metrics")
        refused, _ = served.request("POST", "/x", body=b"x" * 70_000)

    for response in (answered, refused):
        assert (response.headers["X-Frame-Options"], response.headers["X-Content-Type-Options"]) == (
            "deny",
            "nosniff",
        )


@pytest.mark.attack(62)
def test_does_not_begin_with_a_key_that_everyone_can_read(certificates: Certificates):
    (certificates.folder / "key.pem").chmod(0o644)
    settings = ServingSettings(address=Address("127.0.0.1", 0), web_config_file=certificates.web_config())

    with pytest.raises(SettingsError, match=r"key_file: found a private key .*mode 0644.* chmod o-rwx"):
        Server(TinyApp(), settings).bind()


def _trusting(served: Served, client: ssl.SSLContext) -> Served:
    return dataclasses.replace(served, client_tls=client)


def _is_answered(served: Served) -> bool:
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        return served.get("/metrics")[0].status == 200
    return False


def _certificate(connection: object) -> bytes | None:
    assert isinstance(connection, ssl.SSLSocket)
    return connection.getpeercert(binary_form=True)


def _hang_up(served: Served) -> str:
    assert served.process is not None
    assert served.process.stdout is not None
    served.process.send_signal(signal.SIGHUP)
    return served.process.stdout.readline()
