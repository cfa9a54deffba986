"""A stack: the parts of one small marax installation, each a real program on loopback, all in one folder."""

import contextlib
import json
import secrets
import shutil
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from scripts.stack import shipped
from scripts.stack.part import Part, PartError, Program
from scripts.stack.ports import free_addresses
from scripts.stack.timings import Timings, prometheus_duration

ANN: Mapping[str, object] = {"name": "ann", "email": "ann@example.org"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a stack is made of.

    Attributes:
        hosts: Their names; each is one exporter of this machine.
        users: Who is told, as `users:` in the bridge's settings.
        bridge: Further settings of the bridge. Without `mailgun`, mails go to a Maildir.
        timings: How fast it lives.
    """

    hosts: tuple[str, ...] = ("web-1",)
    users: tuple[Mapping[str, object], ...] = (ANN,)
    bridge: Mapping[str, object] = field(default_factory=dict)
    timings: Timings = field(default_factory=Timings)


class Stack:
    """Exporters, bridge, Alertmanager and Prometheus, which run the files of `deploy/`.

    Every process ends when the `with` block is left, however it is left, and when this process is killed. The
    folder stays: settings, data, `log/` and, without Mailgun, the Maildir.

    Attributes:
        folder: Where all of it is written; must not exist, or be empty.
        exporters: By the name of the host.
        parts: All of them, in the order in which they are started.
        maildir: Where the mails go without Mailgun.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder.absolute()
        self.maildir = self.folder / "maildir"
        self._plan = plan
        prometheus, alertmanager, bridge, *exporters = free_addresses(3 + len(plan.hosts))
        self._shipped_addresses = {
            "127.0.0.1:9090": prometheus,
            "127.0.0.1:9093": alertmanager,
            "127.0.0.1:9878": bridge,
        }
        self._host_addresses = dict(zip(plan.hosts, exporters, strict=True))
        self.exporters = {
            host: self._exporter(host, address) for host, address in self._host_addresses.items()
        }
        self.bridge = self._part(
            "alertbridge", bridge, _own("marax-alertbridge"), "--config", self._bridge_config
        )
        self.alertmanager = self._alertmanager(alertmanager)
        self.prometheus = self._prometheus(prometheus)
        self.parts = (*self.exporters.values(), self.bridge, self.alertmanager, self.prometheus)
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
        for part in self.parts:
            part.start()
        for part in self.parts:
            part.wait_until_ready()

    def mails(self) -> list[EmailMessage]:
        """Return the mails in the Maildir, the oldest first."""
        if not self.maildir.exists():
            return []
        paths = [path for folder in ("new", "cur") for path in (self.maildir / folder).glob("*")]
        parser = BytesParser(policy=policy.default)
        return [
            parser.parsebytes(path.read_bytes())
            for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns)
        ]

    @property
    def _bridge_config(self) -> Path:
        return self.folder / "alertbridge.yml"

    @property
    def _prometheus_folder(self) -> Path:
        return self.folder / "prometheus"

    def _exporter(self, host: str, address: str) -> Part:
        return self._part(
            f"exporter {host}", address, _own("marax-exporter"), "--config", self._exporter_config(host)
        )

    def _exporter_config(self, host: str) -> Path:
        return self.folder / f"exporter-{host}.yml"

    def _alertmanager(self, address: str) -> Part:
        return self._part(
            "alertmanager",
            address,
            # Debian's package names it so, as it names all of Prometheus' company
            shutil.which("alertmanager") or _found("prometheus-alertmanager"),
            f"--config.file={self._prometheus_folder / 'alertmanager.yml'}",
            f"--storage.path={self.folder / 'data' / 'alertmanager'}",
            f"--web.listen-address={address}",
            f"--web.external-url=http://{address}",
            "--cluster.listen-address=",
        )

    def _prometheus(self, address: str) -> Part:
        return self._part(
            "prometheus",
            address,
            _found("prometheus"),
            f"--config.file={self._prometheus_folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data' / 'prometheus'}",
            f"--web.listen-address={address}",
            f"--web.external-url=http://{address}",
            f"--rules.alert.resend-delay={prometheus_duration(self._plan.timings.group_interval_seconds)}",
        )

    def _part(self, name: str, address: str, *argv: str | Path) -> Part:
        log = self.folder / "log" / f"{name.replace(' ', '-')}.log"
        return Part(Program(name=name, argv=tuple(map(str, argv)), address=address, log=log))

    def _write_settings(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        token_file = self.folder / "webhook.token"
        token_file.touch(mode=0o600)
        token_file.write_text(secrets.token_urlsafe() + "\n")
        place = shipped.Place(addresses=self._shipped_addresses, token_file=token_file)
        shipped.lay_out(self._prometheus_folder, place, self._plan.timings)
        for host, address in self._host_addresses.items():
            _write(
                self._exporter_config(host),
                {"listen": address, "state_dir": str(self.folder / "data" / host)},
            )
        _write(self._bridge_config, self._bridge_settings(token_file))
        self._write_targets()

    def _bridge_settings(self, token_file: Path) -> dict[str, Any]:
        (self.folder / "data").mkdir()
        return {
            "listen": self.bridge.address,
            "database": f"sqlite:///{self.folder / 'data' / 'alertbridge.db'}",
            "webhook": {"token_file": str(token_file)},
            "maildir": str(self.maildir),
            "prometheus": {"url": f"http://{self.prometheus.address}"},
            "hosts": [{"name": host, "address": address} for host, address in self._host_addresses.items()],
            "users": [dict(user) for user in self._plan.users],
            **self._plan.bridge,
        }

    def _write_targets(self) -> None:
        targets = self._prometheus_folder / "marax" / "targets.json"
        targets.parent.mkdir()
        targets.write_text(
            json.dumps([{"targets": [a], "labels": {"host": h}} for h, a in self._host_addresses.items()])
        )


def _own(command: str) -> Path:
    return Path(sysconfig.get_path("scripts")) / command


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise PartError(
            f"{program} is not on the PATH; scripts/demo and scripts/test fetch it and put it there"
        )
    return path


def _write(path: Path, settings: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(settings), sort_keys=False))
