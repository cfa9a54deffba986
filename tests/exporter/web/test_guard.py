"""Every route, held against what a stranger may do. Numbers are rows of docs/attacks.md."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask, Response

from exporter.access.roles import Role
from exporter.access.session import Session
from exporter.config import ExporterSettings
from exporter.scrape.collector_runner import CollectorRunner
from exporter.scrape.scraper import Scraper
from exporter.web.app import Api, create_app
from exporter.web.guard import public, requires
from exporter.web.request_counts import RequestCounts
from exporter.wiring.exporter import Exporter
from exporter.wiring.serve import app_of
from marax.clock import SystemClock
from tests.exporter.access.kit import USERS, Site, basic, bearer
from tests.exporter.web.problems import assert_problem
from tests.fakes.collectors import FakeCollector

OPEN_TO_ALL = {"/", "/-/healthy", "/-/ready", "/metrics", "/login"}


def whole_app(state_dir: Path, *, users=USERS) -> tuple[Flask, Exporter]:
    """Return the application as `serve` puts it together, for *users*."""
    settings = ExporterSettings(state_dir=state_dir, users=users)
    exporter = Exporter(settings, read=lambda: settings, clock=SystemClock())
    exporter.auth.open_to(settings.users, settings.tokens)
    return app_of(exporter, is_ready=lambda: True), exporter


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app, exporter = whole_app(tmp_path)
    yield app
    exporter.auth.close()


def guarded(app: Flask) -> list[tuple[str, str]]:
    """Return method and path of everything that is not open to all."""
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule not in OPEN_TO_ALL
        for method in sorted(rule.methods or ())
    ]


@pytest.mark.attack(1)
def test_only_a_few_routes_are_open_to_all(app: Flask):
    paths = {rule.rule for rule in app.url_map.iter_rules()}

    assert paths >= OPEN_TO_ALL
    assert {path for _, path in guarded(app)} >= {
        "/token",
        "/logout",
        "/stats",
        "/processlist",
        "/commands",
        "/run",
    }


@pytest.mark.attack(1, 2, 3, 4, 13, 54)
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="1-nothing"),
        pytest.param({"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}, id="2-forwarded-for"),
        pytest.param({"Forwarded": "for=127.0.0.1", "Source": "internal"}, id="2-forwarded"),
        pytest.param({"Authorization": ""}, id="3-empty"),
        pytest.param({"Authorization": " "}, id="3-blank"),
        pytest.param({"Authorization": "Bearer"}, id="3-scheme"),
        pytest.param({"Authorization": "Bearer "}, id="3-scheme-space"),
        pytest.param({"Authorization": "Bearer  x"}, id="3-two-spaces"),
        pytest.param({"Authorization": "Bearer x, Bearer y"}, id="3-two-headers"),
        pytest.param(basic("ann", "correct horse battery staple"), id="3-basic"),
        pytest.param({"Authorization": "Digest x"}, id="3-digest"),
        pytest.param({"Cookie": "token=x; session=x"}, id="4-cookie"),
        pytest.param({"X-HTTP-Method-Override": "GET"}, id="54-override"),
    ],
)
def test_every_guarded_route_refuses_a_stranger(app: Flask, headers: dict[str, str], slash: str):
    answers = {
        (method, path): app.test_client().open(path + slash, method=method, headers=headers)
        for method, path in guarded(app)
    }

    assert len(answers) >= 8
    bears_one = (
        headers.get("Authorization", "").startswith("Bearer ") and headers["Authorization"] != "Bearer "
    )
    for (method, _), answer in answers.items():
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="marax-exporter"')
        if method != "HEAD":
            assert_problem(answer, 401, "bad-token" if bears_one else "no-token")


def test_every_guarded_route_says_why_it_is_closed_without_users(tmp_path: Path):
    app, _ = whole_app(tmp_path / "state", users=())

    for method, path in [*guarded(app), ("GET", "/login"), ("POST", "/login")]:
        answer = app.test_client().open(path, method=method)
        assert answer.status_code == 403
        if method != "HEAD":
            assert_problem(answer, 403, "no-users")
    assert not (tmp_path / "state").exists()


@pytest.mark.attack(53)
@pytest.mark.parametrize(
    "method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO"], ids="53-{}".format
)
def test_no_route_knows_other_methods(app: Flask, method: str):
    for rule in app.url_map.iter_rules():
        answer = app.test_client().open(rule.rule, method=method)
        assert_problem(answer, 405, "http-405")
        assert set(answer.headers["Allow"].split(", ")) <= {"GET", "HEAD", "POST"}


@pytest.mark.attack(56)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
    ],
    ids="56-{}".format,
)
def test_no_answer_lets_other_sites_read_it(app: Flask, headers: dict[str, str]):
    for rule in app.url_map.iter_rules():
        for method in ("OPTIONS", *(rule.methods or ())):
            answer = app.test_client().open(rule.rule, method=method, headers=headers)
            assert not [name for name in answer.headers.keys() if name.startswith("Access-Control-")]  # noqa: SIM118 - not a dict
            assert "Set-Cookie" not in answer.headers


@pytest.mark.attack(55)
@pytest.mark.parametrize(
    "path",
    [
        "/./stats",
        "/stats//",
        "/stats%00",
        "/stats%ff",
        "/STATS",
        "/stats;x",
        "/x/../stats",
        "/stats/x",
    ],
    ids="55-{}".format,
)
def test_no_other_way_of_writing_a_path_leads_in(site: Site, path: str):
    assert_problem(site.ask("GET", path, headers=bearer(site.token())), 404, "http-404")


@pytest.mark.attack(55)
def test_slashes_before_a_path_lead_to_the_same_guard(site: Site):
    assert_problem(site.ask("GET", "/%2f%2fstats"), 401, "no-token")


@pytest.mark.attack(4)
def test_two_tokens_are_one_too_many(site: Site):
    token = site.token()

    for query, headers in [
        (f"token={token}", bearer(token)),
        (f"token={token}&token={token}", {}),
        ("token=", bearer(token)),
    ]:
        answer = site.ask("GET", f"/stats?{query}", headers=headers)
        assert_problem(answer, 400, "two-tokens")


@pytest.mark.parametrize("path", ["/stats", "/stats/", "/processlist/"])
def test_what_only_reads_takes_a_token_in_the_query(site: Site, path: str):
    assert site.ask("GET", f"{path}?token={site.token()}").status_code == 200


def test_a_browser_that_goes_on_sending_its_login_is_let_in_by_the_token(site: Site):
    answer = site.ask("GET", f"/stats?token={site.token()}", headers=basic("ann", "whatever"))

    assert answer.status_code == 200


@pytest.mark.attack(5)
def test_the_settings_can_end_tokens_in_the_query(site: Site):
    site.reload(in_query=False)
    token = site.token()

    assert_problem(site.ask("GET", f"/stats?token={token}"), 401, "no-token")
    assert site.status(token) == 200


@pytest.mark.attack(5)
@pytest.mark.parametrize(("method", "path"), [("POST", "/token"), ("POST", "/logout")])
def test_what_changes_anything_takes_no_token_in_the_query(site: Site, method: str, path: str):
    token = site.token()

    assert_problem(site.ask(method, f"{path}?token={token}"), 401, "no-token")
    assert site.status(token) == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_known_in_any_case(site: Site, scheme: str):
    assert site.ask("GET", "/stats", headers={"Authorization": f"{scheme} {site.token()}"}).status_code == 200


def test_every_answer_behind_a_token_stays_out_of_caches(site: Site):
    for path in ("/stats", "/processlist", "/processlist?count=x"):
        assert site.ask("GET", path, headers=bearer(site.token())).headers["Cache-Control"] == "no-store"


def small_app(site: Site) -> Flask:
    routes = Blueprint("small", __name__)

    @routes.get("/forgotten")
    def get_forgotten() -> Response:
        raise AssertionError("was called")

    @routes.get("/who")
    @requires(Role.OPERATOR)
    def get_who(session: Session) -> Response:
        return Response(f"{session.user} {session.role}")

    @routes.get("/item/<name>")
    @public
    def get_item(name: str) -> Response:
        return Response(name)

    @routes.get("/broken")
    @requires(Role.VIEWER)
    def get_broken(_session: Session) -> Response:
        raise RuntimeError("the secret is 4711")

    return create_app(
        Scraper([FakeCollector()], CollectorRunner(SystemClock())),
        is_ready=lambda: True,
        requests=RequestCounts(),
        version="1.2.3",
        api=Api(access=site.auth.access, blueprints=(routes,)),
    )


def test_a_view_that_does_not_say_who_may_call_it_is_refused_to_all(
    site: Site, caplog: pytest.LogCaptureFixture
):
    client = small_app(site).test_client()

    for headers in ({}, bearer(site.token("ada"))):
        answer = client.get("/forgotten", headers=headers)
        assert_problem(answer, 403, "undeclared-view")
    assert "route declares no required role" in caplog.text


@pytest.mark.attack(21)
@pytest.mark.parametrize(("user", "status"), [("ann", 403), ("otto", 200), ("ada", 200)], ids="21-{}".format)
def test_a_view_is_for_its_role_and_those_above(site: Site, user: str, status: int):
    answer = small_app(site).test_client().get("/who", headers=bearer(site.token(user)))

    assert answer.status_code == status
    assert status != 200 or answer.text.startswith(f"{user} ")


@pytest.mark.attack(21)
def test_says_that_the_role_is_too_low(site: Site):
    answer = small_app(site).test_client().get("/who", headers=bearer(site.token("ann")))

    assert_problem(answer, 403, "low-role")
    assert answer.headers["WWW-Authenticate"].endswith('error="insufficient_scope"')


def test_a_view_gets_what_stands_in_its_path(site: Site):
    assert small_app(site).test_client().get("/item/x").text == "x"


@pytest.mark.attack(67)
def test_a_surprise_tells_nothing(site: Site, caplog: pytest.LogCaptureFixture):
    answer = small_app(site).test_client().get("/broken", headers=bearer(site.token()))

    assert_problem(answer, 500, "http-500")
    assert "4711" not in answer.text
    assert "the secret is 4711" in caplog.text


@pytest.mark.attack(67)
def test_a_surprise_in_any_view_tells_nothing(app: Flask):
    def broken(**_: str) -> Response:
        raise RuntimeError("the secret is 4711")

    app.view_functions = dict.fromkeys(app.view_functions, public(broken))

    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD"}:
            answer = app.test_client().open(rule.rule, method=method)
            assert_problem(answer, 500, "http-500")
            assert "4711" not in answer.text
