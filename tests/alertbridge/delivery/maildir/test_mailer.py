import mailbox
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from alertbridge.delivery.maildir.mailer import MaildirMailer
from alertbridge.delivery.mailer import Accepted, MessageRefused, NotSent
from marax.clock import SystemClock
from tests.fakes.mailer import a_mail
from tests.waiting import wait_until


@pytest.fixture
def maildir(tmp_path):
    return tmp_path / "spool" / "maildir"


def read(directory: Path) -> list[mailbox.MaildirMessage]:
    return list(mailbox.Maildir(directory, create=False))


@contextmanager
def at_most_1000_bytes_a_file() -> Iterator[None]:
    """Hold this process to small files; for a moment, as pytest writes its own log in it too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_makes_a_maildir_that_only_its_owner_reads(maildir):
    outcome = MaildirMailer(maildir, SystemClock()).send(a_mail())

    assert isinstance(outcome, Accepted)
    assert sorted(path.name for path in maildir.iterdir()) == ["cur", "new", "tmp"]
    (delivered,) = (maildir / "new").iterdir()
    assert delivered.name == outcome.provider_id
    assert delivered.stat().st_mode & 0o777 == 0o600
    assert maildir.stat().st_mode & 0o777 == 0o700


def test_delivers_a_new_unread_message(maildir):
    MaildirMailer(maildir, SystemClock()).send(a_mail(subject="[UP] web-1"))

    (message,) = read(maildir)
    assert message.get_subdir() == "new"
    assert message["Subject"] == "[UP] web-1"


def test_adds_to_a_maildir_that_is_in_use(maildir):
    mailbox.Maildir(maildir.parent, create=True)
    mailbox.Maildir(maildir, create=True).add(b"Subject: older\n\n")

    MaildirMailer(maildir, SystemClock()).send(a_mail(subject="newer"))

    assert sorted(message["Subject"] for message in read(maildir)) == ["newer", "older"]


def test_says_why_it_cannot_write(tmp_path):
    (tmp_path / "file").touch()

    outcome = MaildirMailer(tmp_path / "file", SystemClock()).send(a_mail())

    assert outcome == NotSent(reason=f"cannot write to the Maildir {tmp_path / 'file'}: File exists")


def test_a_full_disk_leaves_nothing_behind(maildir):
    with at_most_1000_bytes_a_file():
        outcome = MaildirMailer(maildir, SystemClock()).send(a_mail(text="x" * 2000))

    assert outcome == NotSent(reason=f"cannot write to the Maildir {maildir}: File too large")
    assert read(maildir) == []
    assert list((maildir / "tmp").iterdir()) == []


def test_refuses_what_is_not_a_mail_without_touching_the_disk(maildir):
    outcome = MaildirMailer(maildir, SystemClock()).send(a_mail(message_id="none"))

    assert isinstance(outcome, MessageRefused)
    assert not maildir.exists()


SENDS_FOR_EVER = """
import sys
from pathlib import Path
from alertbridge.delivery.maildir.mailer import MaildirMailer
from marax.clock import SystemClock
from tests.fakes.mailer import a_mail
mailer = MaildirMailer(Path(sys.argv[1]), SystemClock())
while True:
    mailer.send(a_mail(text="x" * 200_000, html="the end"))
"""


@pytest.mark.parametrize("mails_before_the_kill", [1, 2, 5])
def test_a_process_killed_midway_leaves_whole_mails_only(maildir, mails_before_the_kill):
    (maildir / "new").mkdir(parents=True)
    process = subprocess.Popen([sys.executable, "-c", SENDS_FOR_EVER, maildir], cwd=Path(__file__).parents[4])
    wait_until(
        lambda: len(list((maildir / "new").iterdir())) >= mails_before_the_kill or process.poll() is not None
    )

    process.kill()
    process.wait()

    assert len(read(maildir)) >= mails_before_the_kill
    for message in read(maildir):
        parts = cast("list[mailbox.MaildirMessage]", message.get_payload())
        assert [len(part.get_payload(decode=True)) for part in parts] == [200_001, 8]
