"""The bridge's settings file: what can be used, and that every mistake is told at once."""

import math
from datetime import time
from pathlib import Path

import pytest

from alertbridge.config.settings import read_config, read_secrets
from alertbridge.routing.quiet_hours import QuietHours
from alertbridge.routing.users import QuietSettings
from marax.settings.addresses import ListenAddress
from marax.settings.mistakes import SettingsError

SMALL = """
webhook: {token_file: webhook.token}
users:
  - {name: ann, email: ann@example.org}
"""

SMTP = f"""{SMALL}
mailgun:
  {{domain: mg.example.org, from: a@mg.example.org, api_key_file: mailgun.key, webhook_signing_key_file: key}}
"""

WHOLE = """
listen: 127.0.0.1:9878
database: sqlite:////var/lib/marax/alertbridge.db
webhook: {token_file: /etc/marax/webhook.token}
mailgun:
  {domain: mg.example.org, region: eu, api_key_file: /etc/marax/mailgun.key, from: marax <a@mg.example.org>}
prometheus: {url: "http://127.0.0.1:9090"}
heartbeat: {alertname: Watchdog}
storm: {hosts: 5, window: 2m}
limits: {mails_per_hour: 12}
hosts:
  - {name: web-1, address: "web-1.example.org:9877", labels: {site: berlin}}
users:
  - {name: ann, email: ann@example.org, hosts: ["web-*"], severities: [critical], timezone: Europe/Berlin}
  - {name: ops, email: ops@example.org, admin: true}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "alertbridge.yml"
    path.write_text(text)
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_config(written(folder, text))
    return [f"{one.line} {one.key}: {one.found} / {one.expected}" for one in caught.value.mistakes]


def test_reads_the_whole_of_it(tmp_path):
    settings = read_config(written(tmp_path, WHOLE))

    assert settings.listen == ListenAddress("127.0.0.1", 9878)
    assert settings.storm.window_seconds == 120.0
    assert settings.routing().limits.mails_per_hour == 12
    assert settings.hosts[0].labels == {"site": "berlin"}
    assert (settings.users[0].timezone, settings.users[1].is_admin) == ("Europe/Berlin", True)


def test_needs_little(tmp_path):
    settings = read_config(written(tmp_path, SMALL))

    assert settings.mailgun is None
    assert settings.down_alerts == ("HostDown", "InstanceDown")


def test_reads_the_wishes_of_people(tmp_path):
    text = """
webhook: {token_file: webhook.token}
users:
  - {name: ann, email: ann@example.org, quiet: {hours: "22:00-07:00"}, remind_every: never}
  - {name: bob, email: bob@example.org, quiet: {hours: "12:00-13:00", except: []}, remind_every: 7d}
  - {name: cid, email: cid@example.org}
"""
    ann, bob, cid = read_config(written(tmp_path, text)).users

    assert ann.quiet == QuietSettings(hours=QuietHours(time(22), time(7)), passing=("critical",))
    assert bob.quiet == QuietSettings(hours=QuietHours(time(12), time(13)), passing=())
    assert cid.quiet is None
    assert [user.remind_every_seconds for user in (ann, bob, cid)] == [math.inf, 604_800.0, 86_400.0]


def test_tells_what_is_wrong_with_the_wishes_of_people(tmp_path):
    text = """
webhook: {token_file: webhook.token}
users:
  - {name: ann, email: ann@example.org, quiet: {hours: 22:00, except: [urgent]}, remind_every: 0}
  - {name: bob, email: bob@example.org, quiet: {hours: "22:00-22:00"}, remind_every: 9m}
  - {name: cid, email: cid@example.org, quiet: {except: [critical]}, remind_every: off}
"""
    assert mistakes(tmp_path, text) == [
        "4 users[0].quiet.hours: 22:00 / two different times of day such as 22:00-07:00",
        "4 users[0].quiet.except[0]: 'urgent' / one of critical, warning, info",
        "4 users[0].remind_every: 0 / a duration from 10m up, such as 24h, or never",
        "5 users[1].quiet.hours: '22:00-22:00' / two different times of day such as 22:00-07:00",
        "5 users[1].remind_every: '9m' / a duration from 10m up, such as 24h, or never",
        "6 users[2].quiet.hours: nothing / two different times of day such as 22:00-07:00",
        "6 users[2].remind_every: off / a duration from 10m up, such as 24h, or never",
    ]


def test_paths_count_from_the_folder_of_the_file(tmp_path):
    settings = read_config(written(tmp_path, SMALL + "maildir: mail\n"))

    assert settings.webhook.token_file == tmp_path / "webhook.token"
    assert settings.maildir == tmp_path / "mail"


def test_paths_within_mailgun_and_smtp_do_so_too(tmp_path):
    text = SMTP + "smtp: {host: smtp.example.org, user: marax, password_file: /etc/marax/smtp.password}\n"

    settings = read_config(written(tmp_path, text))

    assert settings.mailgun is not None
    assert settings.mailgun.api_key_file == tmp_path / "mailgun.key"
    assert settings.mailgun.webhook_signing_key_file == tmp_path / "key"
    assert settings.smtp is not None
    assert settings.smtp.password_file == Path("/etc/marax/smtp.password")
    assert (settings.smtp.site(), settings.smtp.after_seconds) == ("smtp.example.org:587", 300.0)


def test_tells_all_mistakes_at_once_with_line_and_key(tmp_path):
    text = """
listen: 127.0.0.1
webhok: {token_file: webhook.token}
storm: {hosts: many, window: 2 minutes}
hosts:
  - {name: web-1, address: web-1.example.org}
  - {name: web-1, address: "web-2:9877", lables: {}}
users:
  - {name: ann, email: ann.example.org, severities: [urgent]}
  - {name: ann, email: bob@example.org, timezone: Mars/Olympus}
"""

    assert mistakes(tmp_path, text) == [
        "2 listen: '127.0.0.1' / an address to listen on, such as 127.0.0.1:9877 or 0.0.0.0:9877",
        "3 webhok: an unknown key / 'webhook', perhaps",
        "4 storm.hosts: 'many' / a whole number from 1 up",
        "4 storm.window: '2 minutes' / a duration such as 500ms, 15s, 5m or 1h30m",
        "6 hosts[0].address: 'web-1.example.org' / "
        "an address with a port, such as web-1.example.org:9877 or [::1]:9877",
        "7 hosts[1].lables: an unknown key / 'labels', perhaps",
        "7 hosts[1].name: 'web-1' again (first on line 6) / a name that no other has",
        "9 users[0].email: 'ann.example.org' / an email address in ASCII, such as ann@example.org",
        "9 users[0].severities[0]: 'urgent' / one of critical, warning, info",
        "10 users[1].timezone: 'Mars/Olympus' / a time zone such as Europe/Berlin or UTC",
        "10 users[1].name: 'ann' again (first on line 9) / a name that no other has",
        "2 webhook: nothing / keys with values",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "webhook: found nothing", id="an empty file"),
        pytest.param("- a\n", "found a list", id="a list"),
        pytest.param("a: [\n", "broken YAML", id="broken YAML"),
        pytest.param(SMALL + "users: []\n", "second time", id="a key twice"),
        pytest.param(SMALL + "database: mysql://a/b\n", "a SQLAlchemy URL", id="another database"),
        pytest.param(SMALL + "prometheus: {url: 127.0.0.1}\n", "URL", id="no URL"),
        pytest.param(SMALL + "down_alerts: HostDown\n", "a list", id="text for a list"),
        pytest.param(SMALL + "storm: {hosts: 0}\n", "from 1 up", id="out of range"),
        pytest.param(SMALL + "limits: {mails_per_hour: 0}\n", "from 1 up", id="no mail at all"),
        pytest.param(SMALL + "mailgun: {domain: mg.example.org}\n", "mailgun.from", id="half a mailgun"),
        pytest.param(SMTP + "smtp: {port: 25}\n", "smtp.host: found nothing", id="no mail server"),
        pytest.param(SMTP + "smtp: {host: 'a b'}\n", "the name or IP address", id="no name"),
        pytest.param(SMTP + "smtp: {host: a, port: 0}\n", "a port from 1", id="no port"),
        pytest.param(
            SMTP + "smtp: {host: a, hello: vm}\n",
            "smtp.hello: found 'vm', expected a full name of this host, such as alerts.example.org",
            id="a bare name in EHLO",
        ),
        pytest.param(
            SMTP + "smtp: {host: a, user: b}\n",
            "yml:8: smtp.password_file: found nothing, expected a path, as there is a `user`",
            id="a user without a password",
        ),
        pytest.param(
            SMTP + "smtp: {host: a, password_file: b}\n",
            "yml:8: smtp.user: found nothing",
            id="a password without a user",
        ),
        pytest.param(
            SMTP + "smtp: {host: a, user: b, password_file: c, starttls: false}\n",
            "yml:8: smtp.starttls: found false, expected true, or port 465",
            id="a password in the open",
        ),
        pytest.param(
            SMALL + "smtp: {host: a}\n", "yml:5: smtp: found no `mailgun:`", id="a second transport alone"
        ),
        pytest.param(
            SMALL + "status: {username: ann}\n",
            "yml:5: status.password_file: found nothing, expected one, as there is a `username`",
            id="a login without a password",
        ),
        pytest.param(
            SMALL + "status: {key_file: a}\n",
            "yml:5: status.cert_file: found nothing, expected one, as there is a `key_file`",
            id="a key without a certificate",
        ),
        pytest.param(
            SMALL + "status: {username: 'a:b', password_file: a}\n",
            "status.username: found 'a:b', expected a name without a colon",
            id="a colon in a name",
        ),
        pytest.param(
            SMALL + "hosts: [{name: a, address: 'a:1', scheme: ftp}]\n",
            "hosts.0..scheme: found 'ftp', expected one of http, https",
            id="another scheme",
        ),
        pytest.param("a: &a [*a]\n", "unknown key", id="a list within itself"),
        pytest.param("[" * 5000, "YAML", id="deep nesting"),
    ],
)
def test_says_what_is_wrong(tmp_path, text, says):
    with pytest.raises(SettingsError, match=says):
        read_config(written(tmp_path, text))


def test_says_when_there_is_no_file(tmp_path):
    with pytest.raises(SettingsError, match="No such file"):
        read_config(tmp_path / "missing.yml")


def test_says_when_it_is_not_text(tmp_path):
    path = tmp_path / "alertbridge.yml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SettingsError, match="UTF-8"):
        read_config(path)


def test_reads_the_secrets_that_it_names(tmp_path):
    path = written(tmp_path, SMALL)
    (tmp_path / "webhook.token").write_text("t0ken\n")

    secrets = read_secrets(read_config(path), path)

    assert secrets.webhook_token.matches("t0ken")
    assert "t0ken" not in repr(secrets)
    assert (secrets.mailgun_key, secrets.mailgun_signing_key, secrets.smtp_password) == (None, None, None)


def test_tells_every_secret_that_cannot_be_read(tmp_path):
    path = written(tmp_path, SMTP + "smtp: {host: a, user: b, password_file: smtp.password}\n")

    with pytest.raises(SettingsError) as caught:
        read_secrets(read_config(path), path)

    assert [(one.line, one.key) for one in caught.value.mistakes] == [
        (2, "webhook.token_file"),
        (7, "mailgun.api_key_file"),
        (7, "mailgun.webhook_signing_key_file"),
        (8, "smtp.password_file"),
    ]


def test_tells_every_secret_file_that_cannot_be_used(tmp_path):
    mailgun = "mailgun: {domain: mg.example.org, api_key_file: mailgun.key, from: alerts@mg.example.org}\n"
    path = written(tmp_path, SMALL + mailgun)
    (tmp_path / "mailgun.key").write_text("")

    with pytest.raises(SettingsError) as caught:
        read_secrets(read_config(path), path)

    assert [one.key for one in caught.value.mistakes] == ["webhook.token_file", "mailgun.api_key_file"]
