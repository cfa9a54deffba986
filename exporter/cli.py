"""The command line of marax-exporter."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
from click.core import ParameterSource

from exporter.config import DEFAULT_PATH, ExporterSettings, read_config
from marax.commandline import program, takes_config
from marax.logs import log_to

_EXAMPLES = """
marax-exporter                                  serve on 127.0.0.1:9877
marax-exporter --config /etc/marax/exporter.yml serve as that file says
marax-exporter check-config                     is the file all right?
marax-exporter metrics                          what would be scraped now?
"""


@program(DEFAULT_PATH, _EXAMPLES)
def marax_exporter() -> None:
    """Publish this host's CPU, RAM and who uses them, for Prometheus.

    Without a command it serves. Without a settings file it runs with the defaults. SIGHUP makes it read the
    file again, SIGTERM ends it.
    """


@marax_exporter.command(examples="marax-exporter serve --config exporter.yml")
@takes_config
def serve(config: Path) -> None:
    """Serve /metrics until SIGTERM."""
    from exporter.wiring import serve as serve_with  # here, as it is slow to come in

    log_to()
    serve_with(_reader(config))


@marax_exporter.command(
    examples="marax-exporter check-config --config exporter.yml && systemctl reload marax-exporter"
)
@takes_config
def check_config(config: Path) -> None:
    """Say whether the settings file can be used, and all that is wrong with it."""
    read = _reader(config)
    read()
    click.echo(f"{config}: fine" if config.exists() else f"{config} does not exist: the defaults are used")


@marax_exporter.command(examples="marax-exporter metrics | promtool check metrics")
@takes_config
def metrics(config: Path) -> None:
    """Print one exposition, as a scrape would get it, and end.

    It takes a second: what is measured over time needs two readings.
    """
    from exporter.wiring import exposition

    settings = _reader(config)()
    click.echo("reading the host twice, a second apart ...", err=True)
    sys.stdout.buffer.write(exposition(settings))


main = marax_exporter


def _reader(config: Path) -> Callable[[], ExporterSettings]:
    """Return what reads *config* now and later; the default file may be missing, one asked for may not."""
    context = click.get_current_context()
    asked_for = any(
        c.get_parameter_source("config") is ParameterSource.COMMANDLINE
        for c in (context, context.find_root())
    )

    def read() -> ExporterSettings:
        if not asked_for and not config.exists():
            return ExporterSettings()
        return read_config(config)

    return read
