"""What is said of settings that can be used, but are hardly meant."""

import os
from pathlib import Path

import pytest

from alertbridge.config.settings import STATE_FOLDER, read_config
from alertbridge.config.warnings import place_warnings, warnings_of

USER = "users: [{name: ann, email: ann@example.org, admin: true}]\n"
REST = """\
webhook: {token_file: webhook.token}
mailgun: {domain: mg.example.org, from: a@example.org, api_key_file: mailgun.key}
prometheus: {url: "http://127.0.0.1:9090"}
"""
FINE = REST + USER + 'hosts: [{name: web-1, address: "web-1:9877"}]\n'


def warnings(folder: Path, text: str) -> list[str]:
    path = folder / "alertbridge.yml"
    path.write_text(text)
    return [str(one).removeprefix(f"{folder}/") for one in warnings_of(read_config(path), path)]


def test_nothing_is_said_of_settings_that_are_meant(tmp_path):
    assert warnings(tmp_path, FINE) == []


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            REST + 'users: []\nhosts: [{name: web-1, address: "web-1:9877"}]\n',
            "alertbridge.yml:4: warning: users: none defined, so nobody is notified",
        ),
        (
            REST + USER,
            "alertbridge.yml: warning: hosts: none defined, so nothing is reported as [DOWN], and"
            " `targets` and `status` do nothing",
        ),
        (
            FINE.replace("mailgun:", "x-mailgun:").replace("x-mailgun: {", "storm: {hosts: 5} #"),
            "alertbridge.yml: warning: mailgun: is not set, so every mail goes into the Maildir"
            " /var/lib/marax/maildir",
        ),
        (
            FINE.replace("prometheus: {", "storm: {hosts: 5} #"),
            "alertbridge.yml: warning: prometheus: is not set, so mails cannot say why a host is down",
        ),
    ],
)
def test_says_what_is_missing(tmp_path, text, warning):
    assert warnings(tmp_path, text) == [warning]


def test_says_who_watches_nothing_and_what_nobody_watches_with_their_lines(tmp_path):
    text = f"""{REST}
hosts:
  - {{name: web-1, address: "web-1:9877"}}
  - {{name: db-1, address: "db-1:9877"}}
users:
  - {{name: ann, email: ann@example.org, hosts: [web-1], admin: true}}
  - name: bob
    email: bob@example.org
    hosts: ["wbe-*"]
"""
    assert warnings(tmp_path, text) == [
        "alertbridge.yml:12: warning: users[1].hosts: bob watches wbe-*, which matches no host",
        "alertbridge.yml:7: warning: hosts[1]: no user is notified of alerts about db-1; the admins are"
        " (ann)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        (
            "from: a@example.org",
            "from: Ann <ann@gmail.com>",
            "2: warning: mailgun.from: gmail.com is not of the domain that Mailgun signs for, mg.example.org:"
            " many mail servers reject such mail, or take it for spam (DMARC)",
        ),
        (
            "mailgun.key}",
            "mailgun.key, base_url: 'http://relay.example.org'}",
            "2: warning: mailgun.base_url: the API key and every mail travel to relay.example.org in the"
            " open; use https",
        ),
        (
            "http://127.0.0.1:9090",
            "http://ann:s3cret@prometheus:9090",
            "3: warning: prometheus.url: its password travels to prometheus in the open; use https",
        ),
        (
            'url: "http://127.0.0.1:9090"',
            "urls: ['http://ann:s3cret@localhost:9090', 'http://ann:s3cret@10.0.0.7:9090']",
            "3: warning: prometheus.urls[1]: its password travels to 10.0.0.7 in the open; use https",
        ),
        (
            "webhook:",
            "heartbeat: {ping_url: 'http://ann:s3cret@hc.example.org/uuid'}\nwebhook:",
            "1: warning: heartbeat.ping_url: its password travels to hc.example.org in the open; use https",
        ),
        (
            "webhook:",
            "smtp: {host: smtp.example.org, starttls: false}\nwebhook:",
            "1: warning: smtp.starttls: is false, so every mail travels to smtp.example.org in the open",
        ),
    ],
)
def test_warns_of_what_is_rejected_or_travels_in_the_open(tmp_path, old, new, warning):
    said = warnings(tmp_path, FINE.replace(old, new))

    assert said == [f"alertbridge.yml:{warning}"]
    assert "s3cret" not in said[0]


def test_names_the_hosts_to_which_a_password_is_not_sent(tmp_path):
    names = ["web-1", "web-2", "web-3", "web-4", "web-5", "web-6"]
    plain = "".join(f'  - {{name: {name}, address: "{name}:9877"}}\n' for name in names)
    fine = '  - {name: a, address: "a:9877", scheme: https}\n  - {name: b, address: "127.0.0.1:9877"}\n'
    status = "status: {username: ann, password_file: password}\n"

    assert warnings(tmp_path, status + REST + USER + "hosts:\n" + fine) == []
    assert warnings(tmp_path, status + REST + USER + "hosts:\n" + fine + plain) == [
        "alertbridge.yml:1: warning: status.password_file: is not sent to hosts without `scheme: https`,"
        " as it would travel in the open: web-1, web-2, web-3, web-4, web-5 and 1 more"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mailgun.key}", "mailgun.key, base_url: 'http://127.0.0.1:8080'}"),
        ("mailgun.key}", "mailgun.key, base_url: 'https://relay.example.org'}"),
        ("http://127.0.0.1:9090", "http://prometheus:9090"),
        ("http://127.0.0.1:9090", "https://ann:s3cret@prometheus:9090"),
        ("webhook:", "heartbeat: {ping_url: 'http://hc.example.org/uuid'}\nwebhook:"),
        ("webhook:", "smtp: {host: localhost, starttls: false}\nwebhook:"),
        ("webhook:", "smtp: {host: smtp.example.org, starttls: false, port: 465}\nwebhook:"),
    ],
)
def test_nothing_is_said_where_no_secret_leaves_this_machine_in_the_open(tmp_path, old, new):
    assert warnings(tmp_path, FINE.replace(old, new)) == []


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "alertbridge.yml"
    path.write_text(FINE + "database: sqlite:///db/bridge.db\n")
    (tmp_path / "db").mkdir()
    return read_config(path)


def test_says_nothing_of_a_database_that_can_be_written(tmp_path, settings):
    assert place_warnings(settings, tmp_path / "alertbridge.yml") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_warns_of_a_database_that_whoever_checks_may_not_write(tmp_path, settings):
    (tmp_path / "db").chmod(0o500)

    (warning,) = place_warnings(settings, tmp_path / "alertbridge.yml")

    assert str(warning).endswith(
        f"database: you may not write {tmp_path}/db/bridge.db; the user that serves has to, and in its folder"
    )


def test_says_that_the_usual_folder_is_made_at_the_first_start(tmp_path):
    path = tmp_path / "alertbridge.yml"
    path.write_text(FINE)
    if STATE_FOLDER.exists():
        pytest.skip("a bridge is installed on this machine")

    (warning,) = place_warnings(read_config(path), path)

    assert (
        warning.words
        == f"there is no folder {STATE_FOLDER} yet; the systemd unit makes it at the first start"
    )
