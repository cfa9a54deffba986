"""`basic_auth_users` of a web config, on real sockets."""

import base64
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from tests.marax.serving.certificates import make_certificates
from tests.marax.serving.kit import EXPOSITION, Served, served_in_a_thread

PASSWORD = "open sesame: ü"
COSTLY_ROUNDS = 10


def basic(name: str, password: str | bytes) -> dict[str, str]:
    password = password.encode() if isinstance(password, str) else password
    return {"Authorization": "Basic " + base64.b64encode(name.encode() + b":" + password).decode()}


def web_config(folder: Path, *, rounds: int = 4, password: str = PASSWORD) -> Path:
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds)).decode()
    path = folder / "web.yml"
    path.write_text(f'basic_auth_users: {{prometheus: "{hashed}"}}\n')
    return path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_in_a_thread(web_config(tmp_path)) as (served, _):
        yield served


def test_answers_to_the_name_and_its_password_again_and_again(served: Served):
    for _ in range(3):
        response, body = served.get("/metrics", headers=basic("prometheus", PASSWORD))
        assert (response.status, body) == (200, EXPOSITION)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !"},
        {"Authorization": "Basic " + base64.b64encode(b"prometheus").decode()},
        {"Authorization": "Bearer " + base64.b64encode(b"prometheus:open sesame").decode()},
        {"Authorization": "Digest username=prometheus"},
        basic("prometheus", ""),
        basic("prometheus", PASSWORD + "x"),
        basic("prometheus", b"\0" * 73),
        basic("prometheus", b"\xff" * 5000),
        basic("Prometheus", PASSWORD),
        basic("", PASSWORD),
        basic("nobody", PASSWORD),
    ],
)
def test_asks_everybody_else_to_log_in(served: Served, headers: dict[str, str]):
    response, body = served.get("/metrics", headers=headers)

    assert response.status == 401
    assert response.headers["WWW-Authenticate"].startswith("Basic ")
    assert b"basic-auth-needed" in body
    assert b"sesame" not in body
    assert served.seen() == []


METRICS_SPELT_AS_URIS = [
    "http://localhost/metrics",
    "HTTPS://localhost:9877/metrics",
    "http://other.example.org//metrics/",
    "http://localhost/%6detrics",
    "http://localhost/metrics?x=http://localhost/",
]


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.attack(55)
@pytest.mark.parametrize("target", METRICS_SPELT_AS_URIS)
def test_a_whole_uri_is_no_way_around_the_login(tmp_path: Path, target: str, *, is_tls: bool):
    certificates = make_certificates(tmp_path) if is_tls else None
    users = web_config(tmp_path).read_text()
    path = certificates.web_config() if certificates else tmp_path / "web.yml"
    path.write_text((path.read_text() if certificates else "") + users)
    with served_in_a_thread(path, certificates.client() if certificates else None) as (served, _):
        refused = served.get(target)[0]
        seen = served.seen()
        admitted = served.get(target, headers=basic("prometheus", PASSWORD))[0]

    assert (refused.status, seen, admitted.status) == (401, [], 200)


def test_a_longer_password_that_begins_alike_is_another(tmp_path: Path):
    longest = "p" * 72
    with served_in_a_thread(web_config(tmp_path, password=longest)) as (served, _):
        assert served.get("/metrics", headers=basic("prometheus", longest))[0].status == 200
        assert served.get("/metrics", headers=basic("prometheus", longest + "p"))[0].status == 401


def test_leaves_other_paths_to_the_application(served: Served):
    assert served.get("/-/healthy")[0].status == 200


def test_a_changed_password_is_taken_up_and_the_old_one_forgotten(tmp_path: Path):
    with served_in_a_thread(web_config(tmp_path)) as (served, server):
        assert served.get("/metrics", headers=basic("prometheus", PASSWORD))[0].status == 200

        web_config(tmp_path, password="another")
        server.reload_certificates()

        assert served.get("/metrics", headers=basic("prometheus", PASSWORD))[0].status == 401
        assert served.get("/metrics", headers=basic("prometheus", "another"))[0].status == 200


@pytest.mark.alone
@pytest.mark.attack(63)
def test_guessing_delays_nobody_who_knows_the_password(tmp_path: Path):
    with served_in_a_thread(web_config(tmp_path, rounds=COSTLY_ROUNDS)) as (served, _):
        assert served.get("/metrics", headers=basic("prometheus", PASSWORD))[0].status == 200
        over = time.monotonic() + 1.0
        statuses: list[int] = []

        def guess() -> None:
            while time.monotonic() < over:
                statuses.append(served.get("/metrics", headers=basic("prometheus", "wrong"))[0].status)

        guessers = [threading.Thread(target=guess) for _ in range(8)]
        for guesser in guessers:
            guesser.start()
        answered = []
        while time.monotonic() < over:
            answered.append(served.get("/metrics", headers=basic("prometheus", PASSWORD))[0].status)
        for guesser in guessers:
            guesser.join()

    assert set(answered) == {200}
    assert set(statuses) == {401, 503}
    assert len(answered) > statuses.count(401)
