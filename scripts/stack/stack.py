"""A stack: the parts of one small marax installation, each a real program on loopback, all in one folder."""

import contextlib
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from scripts.stack import programs, shipped
from scripts.stack.part import Part, PartError
from scripts.stack.ports import free_addresses
from scripts.stack.programs import Layout
from scripts.stack.timings import Timings

ANN: Mapping[str, object] = {"name": "ann", "email": "ann@example.org"}

_COMMAND_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a stack is made of.

    Attributes:
        hosts: Their names; each is one exporter of this machine.
        users: Who is told, as `users:` in the bridge's settings.
        bridge: Further settings of the bridge, such as `mailgun`, or other ones in place of the stack's.
        timings: How fast it lives.
    """

    hosts: tuple[str, ...] = ("web-1",)
    users: tuple[Mapping[str, object], ...] = (ANN,)
    bridge: Mapping[str, object] = field(default_factory=dict)
    timings: Timings = field(default_factory=Timings)


class Stack:
    """Exporters, bridge, Alertmanager and Prometheus, which run the files of `deploy/`.

    Every process ends when the `with` block is left, however it is left, and when this process is killed. The
    folder stays: settings, data, `log/` and the Maildir.

    Attributes:
        folder: Where all of it is written; it must be empty, or not exist.
        maildir: Where mails go unless to Mailgun; it may not exist yet.
        exporters: By the name of the host.
        parts: All of them, in the order in which they are started.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        layout = Layout(folder.absolute())
        prometheus, alertmanager, bridge, *exporters = free_addresses(3 + len(plan.hosts))
        self.folder = layout.folder
        self.maildir = layout.maildir
        self.exporters = {
            host: Part(programs.exporter(layout, host, address))
            for host, address in zip(plan.hosts, exporters, strict=True)
        }
        self.bridge = Part(programs.bridge(layout, bridge))
        self.alertmanager = Part(programs.alertmanager(layout, alertmanager))
        self.prometheus = Part(programs.prometheus(layout, prometheus, plan.timings))
        self.parts = (*self.exporters.values(), self.bridge, self.alertmanager, self.prometheus)
        self._layout = layout
        self._plan = plan
        self._ends = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._write_settings()
        for part in self.parts:
            self._ends.callback(part.stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ends.close()

    def start(self) -> None:
        """Start all parts, and return once all are ready.

        Raises:
            PartError: One is not; says which, with the end of its log.
        """
        self.launch()
        for part in self.parts:
            part.wait_until_ready()

    def launch(self) -> None:
        """Start all parts, and return before they are ready.

        Raises:
            PartError: The bridge cannot write the list of targets for Prometheus.
        """
        targets = self.run_bridge("targets", str(self._layout.targets))
        if targets.returncode:
            raise PartError(f"marax-alertbridge targets ended with {targets.returncode}: {targets.stderr}")
        for part in self.parts:
            part.start()

    def run_bridge(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a *command* of the bridge, with the stack's settings, and return what came of it."""
        argv = (programs.own_command("marax-alertbridge"), command, "--config", self._layout.bridge_config)
        return subprocess.run(
            (*argv, *arguments), capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False
        )

    def mails(self) -> list[EmailMessage]:
        """Return the mails in the Maildir, the oldest first."""
        paths = [path for folder in ("new", "cur") for path in (self._layout.maildir / folder).glob("*")]
        parser = BytesParser(policy=policy.default)
        by_age = sorted(paths, key=lambda path: path.stat().st_mtime_ns)
        return [parser.parsebytes(path.read_bytes()) for path in by_age]

    def _write_settings(self) -> None:
        layout = self._layout
        for folder in (layout.targets.parent, layout.data("alertmanager")):
            folder.mkdir(parents=True)
        layout.webhook_token.touch(mode=0o600)
        layout.webhook_token.write_text(secrets.token_urlsafe() + "\n")
        addresses = {
            "127.0.0.1:9090": self.prometheus.address,
            "127.0.0.1:9093": self.alertmanager.address,
            "127.0.0.1:9878": self.bridge.address,
        }
        place = shipped.Place(addresses=addresses, token_file=layout.webhook_token)
        shipped.lay_out(layout.prometheus, place, self._plan.timings)
        for host, part in self.exporters.items():
            _write(layout.exporter_config(host), {"listen": part.address})
        _write(layout.bridge_config, self._bridge_settings())

    def _bridge_settings(self) -> dict[str, Any]:
        return {
            "listen": self.bridge.address,
            "database": f"sqlite:///{self._layout.data('alertbridge.db')}",
            "webhook": {"token_file": str(self._layout.webhook_token)},
            "maildir": str(self._layout.maildir),
            "prometheus": {"url": f"http://{self.prometheus.address}"},
            "hosts": [{"name": host, "address": part.address} for host, part in self.exporters.items()],
            "users": [dict(user) for user in self._plan.users],
            **self._plan.bridge,
        }


def _write(path: Path, settings: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(settings), sort_keys=False))
