"""What is said of settings that can be used, but are hardly meant."""

from pathlib import Path

import pytest

from alertbridge.config import read_config
from alertbridge.config_warnings import warnings_of

USER = "users: [{name: ann, email: ann@example.org}]\n"
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
            "alertbridge.yml: warning: hosts: none defined, so `targets` and `status` have nothing to do",
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
  - {{name: ann, email: ann@example.org, hosts: [web-1]}}
  - name: bob
    email: bob@example.org
    hosts: ["wbe-*"]
"""
    assert warnings(tmp_path, text) == [
        "alertbridge.yml:12: warning: users[1].hosts: bob watches wbe-*, which matches no host",
        "alertbridge.yml:7: warning: hosts[1]: no user is notified about db-1",
    ]
