"""Builds the real parts of `serve`: the exporter, the routes to it, and the server in front of them."""

import logging
import threading
from collections.abc import Callable
from importlib.metadata import version

from flask import Flask

from exporter.config import ExporterSettings
from exporter.host.malloc import keep_little_memory
from exporter.host.stat_files import raise_descriptor_limit
from exporter.web.app import Api, create_app
from exporter.web.commands import commands_routes
from exporter.web.hosts import answer_to_loopback_names
from exporter.web.login import login_routes
from exporter.web.openapi import openapi_routes
from exporter.web.processlist import processlist_routes
from exporter.web.run import run_routes
from exporter.web.stats import stats_routes
from exporter.wiring.exporter import Exporter, need_procfs
from marax.clock import SystemClock
from marax.serving.server import Server, ServingSettings
from marax.settings.addresses import Address

logger = logging.getLogger(__name__)

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def serve(read: Callable[[], ExporterSettings]) -> None:
    """Serve until told to end, with the settings that *read* returns now and at each SIGHUP.

    Raises:
        SettingsError: The settings cannot be used.
        CannotReachError: The address cannot be listened on, or this is not a Linux with /proc.
    """

    def read_again() -> ExporterSettings:
        changed = read()
        server.reload_certificates()
        exporter.auth.open_to(changed.users, changed.tokens)
        _warn_of_shell(changed)
        return changed

    keep_little_memory()
    settings = read()
    _warn_of_shell(settings)
    need_procfs()
    raise_descriptor_limit()
    exporter = Exporter(settings, read=read_again, clock=SystemClock())
    ready = threading.Event()
    app = app_of(exporter, is_ready=ready.is_set)
    if settings.listen.host in _LOOPBACK:
        answer_to_loopback_names(app)
    serving = ServingSettings(address=settings.listen, web_config_file=settings.web_config_file)
    server = Server(app, serving)
    address = server.bind()
    exporter.auth.open_to(settings.users, settings.tokens)
    exporter.use(settings)  # before the first scrape, which would be empty otherwise

    def warm_up() -> None:
        exporter.read_host()
        ready.set()

    def start() -> None:
        logger.info("listening", extra={"address": address, "for": _audience(address, settings)})
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()

    server.run(on_ready=start, on_hangup=exporter.reloader.reload, on_ending=exporter.runner.end_all)


def app_of(exporter: Exporter, *, is_ready: Callable[[], bool]) -> Flask:
    """Return the application with all routes to *exporter*."""
    access = exporter.auth.access
    api = Api(
        access=access,
        blueprints=(
            login_routes(access),
            stats_routes(exporter.stats),
            processlist_routes(exporter.processes),
            commands_routes(exporter.command_service),
            run_routes(exporter.command_service, SystemClock()),
            openapi_routes(exporter.command_service, version=version("marax")),
        ),
    )
    return create_app(
        exporter.scraper, is_ready=is_ready, requests=exporter.requests, version=version("marax"), api=api
    )


def _warn_of_shell(settings: ExporterSettings) -> None:
    if settings.shell:
        logger.warning(
            "shell is enabled: admins can run any command as the exporter's user", extra={"key": "shell"}
        )


def _audience(address: Address, settings: ExporterSettings) -> str:
    if address.host in _LOOPBACK:
        return "this host only; set `listen: 0.0.0.0:9877` in the settings to serve the network"
    if settings.web_config_file:
        return "clients that web_config_file admits"
    return "every client that can reach this address; web_config_file can require certificates or passwords"
