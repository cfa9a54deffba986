"""A real mail server: Exim, on a loopback port, as root or as anybody, with settings of the test's own."""

import os
import pwd
import shutil
import signal
import smtplib
import subprocess
import tempfile
from contextlib import suppress
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Self

from scripts.stack.ports import free_addresses
from tests.waiting import wait_until

_UNPACKED = Path(__file__).parents[2] / ".cache" / "debian" / "mta" / "bin"


def exim_path() -> str | None:
    """Return the machine's program, or the one that `scripts/test` fetches; None where there is neither."""
    return shutil.which("exim4") or shutil.which("exim4", path=str(_UNPACKED))


class Exim:
    """Takes mail for ann and bob at example.org, into a Maildir each. In a test: `with Exim() as exim: ...`.

    Its folder is one that the user it delivers as can reach, which a folder of pytest's is not.
    """

    def __init__(self) -> None:
        path = exim_path()
        assert path is not None
        self._path = path
        self.folder = Path(tempfile.mkdtemp(prefix="marax-exim-"))
        self.port = int(free_addresses(1)[0].rpartition(":")[2])
        self._process: subprocess.Popen[bytes] | None = None
        # It delivers nothing as root
        self._user = pwd.getpwnam("mail") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        (self.folder / "mail").mkdir()
        if os.getuid() == 0:
            self.folder.chmod(0o711)
            os.chown(self.folder / "mail", self._user.pw_uid, self._user.pw_gid)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    def start(self, *, main: str = "", acl: str = "", authenticators: str = "") -> None:
        """Start it with further settings: *main* ones, and what comes first in the *acl* of RCPT."""
        config = self.folder / "exim.conf"
        config.write_text(self._config(main, acl, authenticators))
        with (self.folder / "stderr").open("ab") as stderr:
            self._process = subprocess.Popen(
                (self._path, "-C", str(config), "-bdf"),
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,
            )
        wait_until(self._answers, self.log)

    def restart(self, **settings: str) -> None:
        """End it, and start it with other settings."""
        self.kill()
        self.start(**settings)

    def kill(self) -> None:
        """End it, and whatever it has begun, as a crash would."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def mails(self, user: str) -> list[EmailMessage]:
        """Return what is in the Maildir of *user*."""
        parser = BytesParser(policy=policy.default)
        maildir = self.folder / "mail" / user / "new"
        return [parser.parsebytes(path.read_bytes()) for path in maildir.glob("*")]

    def wait_for_mails(self, user: str, count: int = 1) -> list[EmailMessage]:
        """Return the mails of *user* once there are so many."""
        wait_until(lambda: len(self.mails(user)) >= count, self.log)
        return self.mails(user)

    def log(self) -> str:
        """Return all that it logged."""
        return (
            "".join(path.read_text() for path in self.folder.glob("*log"))
            + (self.folder / "stderr").read_text()
        )

    def _answers(self) -> bool:
        assert self._process is None or self._process.poll() is None, self.log()
        with suppress(OSError), smtplib.SMTP("127.0.0.1", self.port, timeout=5):
            return True
        return False

    def _config(self, main: str, acl: str, authenticators: str) -> str:
        own = "root" if os.getuid() == 0 else self._user.pw_name
        return f"""
primary_hostname = mx.example.org
spool_directory = {self.folder}/spool
log_file_path = {self.folder}/%slog
pid_file_path = {self.folder}/pid
exim_path = {self._path}
exim_user = {own}
exim_group = {os.getgid()}
admin_groups = {os.getgid()}
keep_environment =
local_interfaces = 127.0.0.1
daemon_smtp_ports = {self.port}
host_lookup =
acl_smtp_rcpt = rcpt
{main or "tls_advertise_hosts ="}
begin acl
rcpt:
{acl}
  deny ! domains = example.org
       message = relay not permitted
  require verify = recipient
  accept
{_END_OF_DATA}
begin routers
local:
  driver = accept
  domains = example.org
  local_parts = ann : bob
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {self.folder}/mail/$local_part_data
  maildir_format
  create_directory
  user = {self._user.pw_uid}
  group = {self._user.pw_gid}
begin authenticators
{authenticators}
"""


_END_OF_DATA = """
slow:
  warn logwrite = the mail is here: $h_message-id:
  accept delay = 30s
helo:
  deny ! condition = ${if eq{$sender_helo_name}{alerts.example.org}}
       message = Access denied - Invalid HELO name (See RFC2821 4.1.1.1)
  accept
only_encrypted:
  deny ! encrypted = *
       message = 5.7.0 Must issue a STARTTLS command first
  deny ! authenticated = *
       message = SMTP authentication is required.
  accept
"""
