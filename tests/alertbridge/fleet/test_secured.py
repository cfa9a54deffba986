"""Hosts that are asked over TLS, with a client certificate, with a password: real exporters, bad servers."""

import datetime
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import msgspec
import pytest
import trustme

from alertbridge.fleet.access import read_access
from alertbridge.fleet.hosts import HostSettings
from alertbridge.fleet.probe import Probe
from alertbridge.fleet.settings import StatusSettings
from alertbridge.mail.host_facts import HostState
from marax.clock import SystemClock
from marax.settings.addresses import Address
from marax.settings.mistakes import SettingsError
from tests.alertbridge.fleet.secured import PASSWORD, USER, Secrets, an_exporter
from tests.fakes import rude_servers as rude

ANSWER = b"marax_load1 1.5\n"

Scheme = Literal["http", "https"]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    return Secrets(tmp_path_factory.mktemp("secured"))


@pytest.fixture(scope="module")
def ports(secrets: Secrets) -> Iterator[dict[str, int]]:
    """Yield the ports of exporters, by what they want."""
    with ExitStack() as stack:
        yield {
            "nothing": stack.enter_context(an_exporter(secrets, "nothing", tls=False)),
            "tls": stack.enter_context(an_exporter(secrets, "tls")),
            "certificate": stack.enter_context(an_exporter(secrets, "certificate", certificate=True)),
            "password": stack.enter_context(an_exporter(secrets, "password", password=True)),
            "plain password": stack.enter_context(an_exporter(secrets, "plain", tls=False, password=True)),
            "both": stack.enter_context(an_exporter(secrets, "both", certificate=True, password=True)),
        }


def ask(
    port: int, settings: StatusSettings | None, scheme: Scheme = "https", host: str = "localhost"
) -> HostState:
    probe = Probe(SystemClock(), read_access(settings, Path("bridge.yml")), timeout_seconds=20)
    (state,) = probe.ask([HostSettings(name="web-1", address=Address(host, port), scheme=scheme)])
    return state


def status(secrets: Secrets, *keys: str) -> StatusSettings:
    values = {
        "ca_file": secrets.ca_file,
        "username": USER,
        "password_file": secrets.password_file,
        "cert_file": secrets.cert_file,
        "key_file": secrets.key_file,
    }
    return msgspec.convert({key: values[key] for key in keys}, StatusSettings)


ALL = ("ca_file", "username", "password_file", "cert_file", "key_file")


@pytest.mark.system
@pytest.mark.parametrize(
    ("wants", "scheme"),
    [
        ("nothing", "http"),
        ("tls", "https"),
        ("tls", "http"),
        ("certificate", "https"),
        ("certificate", "http"),
        ("password", "https"),
        ("plain password", "http"),
        ("both", "https"),
    ],
)
def test_reads_the_figures_of_every_kind_of_exporter(ports, secrets, wants, scheme):
    state = ask(ports[wants], status(secrets, *ALL), scheme)

    assert (state.is_up, state.reason) == (True, "")
    assert state.values is not None
    assert state.values.cpus


@pytest.mark.system
@pytest.mark.parametrize(
    ("wants", "keys", "reason"),
    [
        ("certificate", ["ca_file"], "answers, wants a client certificate"),
        ("password", ["ca_file"], "answers, wants a login"),
        ("both", ["ca_file", "username", "password_file"], "answers, wants a client certificate"),
        ("both", ["ca_file", "cert_file", "key_file"], "answers, wants a login"),
    ],
)
def test_an_exporter_that_wants_more_than_it_is_shown_is_up(ports, secrets, wants, keys, reason):
    state = ask(ports[wants], status(secrets, *keys))

    assert (state.is_up, state.reason) == (True, reason)
    assert state.values is not None
    assert state.values.cpus is None


@pytest.mark.system
def test_without_settings_every_certificate_is_taken(ports):
    assert ask(ports["tls"], None).reason == ""
    assert ask(ports["certificate"], None).reason == "answers, wants a client certificate"
    assert ask(ports["password"], None).reason == "answers, wants a login"


@pytest.mark.system
def test_what_it_is_shown_may_be_wrong(ports, secrets, tmp_path):
    (tmp_path / "password").write_text("wrong")
    others = Secrets(tmp_path)
    others.password_file.write_text("wrong")
    wrong_password = StatusSettings(
        ca_file=secrets.ca_file, username=USER, password_file=others.password_file
    )
    wrong_certificate = StatusSettings(
        ca_file=secrets.ca_file, cert_file=others.cert_file, key_file=others.key_file
    )

    states = [ask(ports["password"], wrong_password), ask(ports["certificate"], wrong_certificate)]

    assert [(state.is_up, state.reason) for state in states] == [
        (True, "answers, rejects the login of `status:`"),
        (True, "answers, rejects the client certificate of `status:`"),
    ]


@pytest.mark.system
@pytest.mark.parametrize(
    ("wants", "scheme", "reason"),
    [
        ("nothing", "https", "speaks plain HTTP, not TLS"),
        ("plain password", "https", "speaks plain HTTP, not TLS"),
    ],
)
def test_says_that_a_host_does_not_speak_tls(ports, secrets, wants, scheme, reason):
    state = ask(ports[wants], status(secrets, "ca_file"), scheme)

    assert (state.is_up, state.reason) == (False, reason)


def a_server(certificate: trustme.LeafCert) -> rude.Manners:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return rude.over_tls(context, rude.answering(ANSWER))


def days_ago(days: int) -> datetime.datetime:
    now = datetime.datetime.fromtimestamp(SystemClock().unix_seconds(), datetime.UTC)
    return now - datetime.timedelta(days=days)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        (
            lambda ca: ca.issue_cert("localhost", not_before=days_ago(9), not_after=days_ago(1)),
            "its certificate has expired",
        ),
        (
            lambda ca: ca.issue_cert("localhost", not_before=days_ago(-1), not_after=days_ago(-9)),
            "its certificate is not valid yet",
        ),
        (lambda ca: ca.issue_cert("other.example.org"), "its certificate is for another name"),
        (
            lambda _: trustme.CA().issue_cert("localhost"),
            "its certificate is signed by an unknown CA",
        ),
    ],
    ids=["expired", "of tomorrow", "another name", "unknown CA"],
)
def test_says_what_is_wrong_with_a_certificate(secrets, scheme, signed, reason):
    with rude.a_server(a_server(signed(secrets.authority))) as port:
        state = ask(port, status(secrets, "ca_file"), scheme)

    assert (state.is_up, state.reason, state.values) == (False, reason, None)


def test_the_authorities_of_the_system_are_trusted_unless_others_are_named(secrets):
    with rude.a_server(a_server(secrets.authority.issue_cert("localhost"))) as port:
        state = ask(port, status(secrets, "username", "password_file"))

    assert (state.is_up, state.reason) == (False, "its certificate is signed by an unknown CA")


def heads_seen_by(secrets: Secrets, scheme: Scheme, host: str) -> list[bytes]:
    """Return what is sent to *host*, which is asked with a password and wants one."""
    heads: list[bytes] = []

    def answer(head: bytes) -> tuple[int, bytes, bytes]:
        heads.append(head)
        return 401, b"", b""

    def resolve(*_: object) -> list[tuple[object, ...]]:
        return [(2, 1, 0, "", ("127.0.0.1", port))]

    settings = status(secrets, "ca_file", "username", "password_file")
    manners = rude.answering_each(answer)
    if scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secrets.authority.issue_cert(host).configure_cert(context)
        manners = rude.over_tls(context, manners)
    with rude.a_server(manners) as port:
        probe = Probe(SystemClock(), read_access(settings, Path("bridge.yml")), resolve=resolve)
        probe.ask([HostSettings(name="web-1", address=Address(host, port), scheme=scheme)])
    return heads


@pytest.mark.parametrize(
    ("scheme", "host", "is_shown"),
    [
        ("https", "web-1.example.org", True),
        ("https", "localhost", True),
        ("http", "localhost", True),
        ("http", "127.0.0.1", True),
        ("http", "web-1.example.org", False),
    ],
)
def test_shows_the_password_over_tls_and_to_this_machine_only(secrets, scheme, host, is_shown):
    (head,) = heads_seen_by(secrets, scheme, host)

    assert (b"\r\nAuthorization: Basic " in head) is is_shown


def test_says_that_the_password_was_not_shown(secrets):
    with rude.a_server(rude.answering(b"", status=401)) as port:

        def resolve(*_: object) -> list[tuple[object, ...]]:
            return [(2, 1, 0, "", ("127.0.0.1", port))]

        access = read_access(status(secrets, "username", "password_file"), Path("bridge.yml"))
        (state,) = Probe(SystemClock(), access, resolve=resolve).ask(
            [HostSettings(name="web-1", address=Address("web-1", port))]
        )

    assert state.reason == "answers, wants a login, which is shown over https only"


def test_says_which_files_cannot_be_used_and_shows_no_secret(secrets, tmp_path):
    (tmp_path / "bridge.yml").write_text("status:\n  password_file: a\n  ca_file: b\n  cert_file: c\n")
    (tmp_path / "empty").write_text("")
    settings = StatusSettings(
        ca_file=tmp_path / "empty",
        username=USER,
        password_file=tmp_path / "empty",
        cert_file=secrets.cert_file,
        key_file=tmp_path / "missing",
    )

    with pytest.raises(SettingsError) as caught:
        read_access(settings, tmp_path / "bridge.yml")

    assert [(one.line, one.key) for one in caught.value.mistakes] == [
        (2, "status.password_file"),
        (3, "status.ca_file"),
        (2, "status.key_file"),
    ]
    assert PASSWORD not in repr(read_access(status(secrets, *ALL), tmp_path / "bridge.yml"))


def test_says_that_a_key_is_of_another_certificate(secrets, tmp_path):
    _, key_file = Secrets(tmp_path).write("other", secrets.authority.issue_cert("other"))
    settings = StatusSettings(cert_file=secrets.cert_file, key_file=key_file)

    with pytest.raises(SettingsError, match=r"status\.cert_file: found .*key values mismatch"):
        read_access(settings, tmp_path / "bridge.yml")
