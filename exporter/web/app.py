"""The exporter's routes."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from flask import Blueprint, Flask, Response, request

from exporter.web.guard import Admission, Guard, public
from exporter.web.metrics import Scrape, answer_scrape
from exporter.web.request_counts import RequestCounts
from exporter.web.responses import respond_to_problem_errors
from marax.flask_problems import respond_with_problems

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>marax-exporter</title>
<h1>marax-exporter</h1>
<p>Version {version}. CPU, memory and top processes of this host, for Prometheus.</p>
<ul>
<li><a href="/metrics">Metrics</a></li>
<li><a href="/-/healthy">Healthy?</a></li>
<li><a href="/-/ready">Ready?</a></li>
</ul>
</html>
"""

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The part of the routes that asks who is calling.

    Attributes:
        access: Returns what admits at the moment; None as long as there are no users.
        blueprints: The routes.
    """

    access: Callable[[], Admission | None] = lambda: None
    blueprints: tuple[Blueprint, ...] = ()


_NO_API = Api()


def create_app(
    scraper: Scrape,
    *,
    is_ready: Callable[[], bool],
    requests: RequestCounts,
    version: str,
    api: Api = _NO_API,
) -> Flask:
    """Return the WSGI application, whose requests are counted in *requests*."""
    app = Flask("exporter", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.json.sort_keys = False  # type: ignore[attr-defined] # the default provider has it
    respond_with_problems(app)
    respond_to_problem_errors(app)
    requests.watch(app)
    Guard(api.access).watch(app)
    for blueprint in (_open_routes(scraper, is_ready=is_ready, version=version), *api.blueprints):
        app.register_blueprint(blueprint)

    @app.after_request
    def harden(answer: Response) -> Response:
        for name, value in _SECURITY_HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    return app


def _open_routes(scraper: Scrape, *, is_ready: Callable[[], bool], version: str) -> Blueprint:
    routes = Blueprint("open", __name__)

    @routes.get("/metrics")
    @public
    def get_metrics() -> Response:
        return answer_scrape(scraper, request)

    @routes.get("/-/healthy")
    @public
    def get_healthy() -> Response:
        return _line(200, "marax-exporter is healthy.")

    @routes.get("/-/ready")
    @public
    def get_ready() -> Response:
        if is_ready():
            return _line(200, "marax-exporter is ready.")
        return _line(503, "marax-exporter has not read the host yet.")

    @routes.get("/")
    @public
    def get_page() -> Response:
        return Response(_PAGE.format(version=escape(version)), mimetype="text/html")

    return routes


def _line(status: int, text: str) -> Response:
    answer = Response(text + "\n", status, mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-store"
    return answer
