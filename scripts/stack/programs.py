"""How each program of a stack is started, and where its files lie in the stack's folder."""

import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from scripts.stack.part import PartError, Program
from scripts.stack.timings import Timings, prometheus_duration


@dataclass(frozen=True, slots=True)
class Layout:
    """The files in the folder of a stack, which is absolute."""

    folder: Path

    @property
    def prometheus(self) -> Path:
        return self.folder / "prometheus"

    @property
    def targets(self) -> Path:
        return self.prometheus / "marax" / "targets.json"

    @property
    def bridge_config(self) -> Path:
        return self.folder / "alertbridge.yml"

    @property
    def webhook_token(self) -> Path:
        return self.folder / "webhook.token"

    @property
    def maildir(self) -> Path:
        return self.folder / "maildir"

    def exporter_config(self, host: str) -> Path:
        return self.folder / f"exporter-{host}.yml"

    def data(self, owner: str) -> Path:
        return self.folder / "data" / owner

    def log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"


def exporter(layout: Layout, host: str, address: str) -> Program:
    """Return the exporter of *host*."""
    name = f"exporter-{host}"
    argv = (own_command("marax-exporter"), "--config", str(layout.exporter_config(host)))
    return Program(name=name, argv=argv, address=address, log=layout.log(name))


def bridge(layout: Layout, address: str) -> Program:
    """Return the bridge."""
    argv = (own_command("marax-alertbridge"), "--config", str(layout.bridge_config))
    return Program(name="alertbridge", argv=argv, address=address, log=layout.log("alertbridge"))


def alertmanager(layout: Layout, address: str) -> Program:
    """Return Alertmanager, without a cluster."""
    argv = (
        shutil.which("alertmanager") or _found("prometheus-alertmanager"),  # as Debian's package calls it
        f"--config.file={layout.prometheus / 'alertmanager.yml'}",
        f"--storage.path={layout.data('alertmanager')}",
        f"--web.listen-address={address}",
        f"--web.external-url=http://{address}",
        "--cluster.listen-address=",
    )
    return Program(name="alertmanager", argv=argv, address=address, log=layout.log("alertmanager"))


def prometheus(layout: Layout, address: str, timings: Timings) -> Program:
    """Return Prometheus."""
    argv = (
        _found("prometheus"),
        f"--config.file={layout.prometheus / 'prometheus.yml'}",
        f"--storage.tsdb.path={layout.data('prometheus')}",
        f"--web.listen-address={address}",
        f"--web.external-url=http://{address}",
        f"--rules.alert.resend-delay={prometheus_duration(timings.group_interval_seconds)}",
    )
    return Program(name="prometheus", argv=argv, address=address, log=layout.log("prometheus"))


def own_command(name: str) -> str:
    """Return the command *name* that marax is installed with, beside the Python that runs this."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        remedy = "scripts/demo and scripts/test fetch it and put it there"
        raise PartError(f"{program} is not on the PATH; {remedy}")
    return path
