"""The installed `marax-alertbridge`, as a person or systemd runs it."""

import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.waiting import PATIENCE_SECONDS, wait_until

COMMAND = Path(sys.executable).with_name("marax-alertbridge")
TOKEN = "webhook-token"
KEY = "key-0123456789abcdef"
ANSWER = b"marax_cpu_usage_ratio 0.25\nmarax_memory_usage_ratio 0.5\nmarax_load1 1.5\n"
TWO_USERS = [
    {"name": "ann", "email": "ann@example.org", "hosts": ["web-*"]},
    {"name": "bob", "email": "bob@example.org"},
]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )


def hosts_of_alerts(*names: str) -> list[dict[str, str]]:
    """Return the hosts of these names, at the addresses that `an_alert` names."""
    return [{"name": name, "address": f"{name}.example.org:9877"} for name in names]


class Settings:
    """A settings file in *folder* that is enough to serve: a free port, a Maildir, one user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "alertbridge.yml"
        (folder / "webhook.token").write_text(TOKEN + "\n")
        self.write()

    def write(self, **changed: Any) -> None:
        """Write the file anew, with the *changed* keys."""
        settings: Mapping[str, Any] = {
            "listen": "127.0.0.1:0",
            "database": f"sqlite:///{self.folder}/bridge.db",
            "webhook": {"token_file": "webhook.token"},
            "maildir": "mail",
            "users": [{"name": "ann", "email": "ann@example.org"}],
        }
        self.path.write_text(yaml.safe_dump({**settings, **changed}))


class Served:
    """A bridge that serves, and what it says; *prefix* is a command that runs it."""

    def __init__(self, settings: Settings, prefix: Sequence[str] = ()) -> None:
        self._log = settings.folder / "bridge.log"
        with self._log.open("ab") as log:
            said_before = self.log.count("msg=ready")
            self._process = subprocess.Popen([*prefix, COMMAND, "--config", settings.path], stderr=log)
        wait_until(
            lambda: self.log.count("msg=ready") > said_before or self._process.poll() is not None,
            lambda: f"the bridge is ready; its log: {self.log}",
        )
        assert self._process.poll() is None, self.log
        *_, address = re.findall(r"msg=ready address=(\S+)", self.log)
        self.url = f"http://{address}"

    @property
    def log(self) -> str:
        """All that it has said so far."""
        return self._log.read_text()

    def get(self, path: str) -> str:
        """Return the body of an answer to one who bears the token."""
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, body: bytes) -> str:
        """Return what is answered to a post at the webhook."""
        return self._ask(urllib.request.Request(self.url + "/alerts", data=body))

    def status_of_post(self, body: bytes) -> int:
        """Return the status with which a post at the webhook is answered; 0 for no answer."""
        return self._status(lambda: self.post(body))

    def status_of(self, path: str) -> int:
        """Return the status with which *path* is answered; 0 for no answer."""
        return self._status(lambda: self.get(path))

    def sample(self, name: str, **labels: str) -> float | None:
        """Return the value of the metric that bears just these *labels*."""
        families = text_string_to_metric_families(self.get("/metrics"))
        samples = [sample for family in families for sample in family.samples]
        return next((s.value for s in samples if (s.name, s.labels) == (name, labels)), None)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Return its exit code once it has ended."""
        return self._process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()

    def _status(self, ask: Callable[[], object]) -> int:
        try:
            ask()
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0
        return 200

    def _ask(self, request: urllib.request.Request) -> str:
        request.add_header("Authorization", f"Bearer {TOKEN}")
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            text: str = answer.read().decode()
            return text


def a_host(port: int, name: str = "web-1", host: str = "127.0.0.1") -> dict[str, str]:
    """Return the settings of a host that is asked at *port*."""
    return {"name": name, "address": f"{host}:{port}"}


def through(mailgun_url: str, folder: Path, key: str = KEY) -> dict[str, str]:
    """Return settings that send through the Mailgun there, with the *key* in a file in *folder*."""
    (folder / "mailgun.key").write_text(key + "\n")
    return {
        "domain": "mg.example.org",
        "from": "marax <alerts@mg.example.org>",
        "api_key_file": "mailgun.key",
        "base_url": mailgun_url,
    }
