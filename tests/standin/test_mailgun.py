"""That the stand-in behaves as Mailgun's messages API is documented."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.standin.mailgun import MailgunStandIn
from tests.standin.mailgun_faults import Fault, Faults
from tests.waiting import PATIENCE_SECONDS

KEY = "key-0123456789abcdef"
FIELDS = {
    "from": "marax <alerts@mg.example.org>",
    "to": "ann@example.org",
    "subject": "hello",
    "text": "Hello.\n",
}


@pytest.fixture
def standin() -> Iterator[MailgunStandIn]:
    with MailgunStandIn(api_key=KEY) as standin:
        yield standin


def post(
    standin: MailgunStandIn | str,
    fields: Any = None,
    *,
    key: str = KEY,
    domain: str = "mg.example.org",
    timeout: float = 10.0,
    **more: Any,
) -> requests.Response:
    url = standin if isinstance(standin, str) else standin.url
    return requests.post(
        f"{url}/v3/{domain}/messages",
        auth=("api", key),
        data=FIELDS if fields is None else fields,
        timeout=timeout,
        **more,
    )


def test_queues_a_message_and_answers_with_its_id(standin):
    answer = post(standin, FIELDS | {"h:Message-Id": "<1@mg.example.org>"})

    assert answer.status_code == 200
    assert answer.json() == {"id": "<1@mg.example.org>", "message": "Queued. Thank you."}
    (message,) = standin.messages
    assert (message.message_id, message.sender, message.to) == (
        "<1@mg.example.org>",
        "marax <alerts@mg.example.org>",
        ["ann@example.org"],
    )


@pytest.mark.parametrize("asked", [{}, {"h:Message-Id": "no id"}, {"h:Message-Id": "1@mg.example.org"}])
def test_makes_an_id_of_its_own_without_a_proper_one(standin, asked):
    first, second = (post(standin, FIELDS | asked).json()["id"] for _ in range(2))

    assert first.endswith("@mg.example.org>")
    assert first != second


@pytest.mark.parametrize(
    "files", [None, {"inline": ("chart.png", b"\x89PNG\r\n\r\n--x\r\n\x00", "image/png")}]
)
def test_takes_both_kinds_of_forms(standin, files):
    fields = FIELDS | {"html": "<p>Grüße ✉</p>", "h:X-Marax": "✉", "o:tag": "marax"}

    post(standin, fields, files=files)

    (message,) = standin.messages
    assert (message.subject, message.text, message.html) == ("hello", "Hello.\n", "<p>Grüße ✉</p>")
    assert (message.headers, message.options) == ({"X-Marax": "✉"}, {"tag": "marax"})
    assert message.images == ({"chart.png": files["inline"][1]} if files else {})


def test_drops_an_attachment_without_a_file_name_and_says_nothing(standin):
    answer = post(standin, files={"inline": (None, b"png", "image/png")})

    assert answer.status_code == 200
    assert standin.messages[0].images == {}


def test_a_wrong_key_is_forbidden_in_plain_text(standin):
    answer = post(standin, key="key-of-someone-else")

    assert (answer.status_code, answer.text) == (401, "Forbidden")


def test_another_domain_is_not_found(standin):
    answer = post(standin, domain="mg.example.com")

    assert (answer.status_code, answer.json()) == (404, {"message": "Domain not found: mg.example.com"})


def test_a_wrong_path_is_greeted(standin):
    answer = requests.post(f"{standin.url}/v3/v3/mg.example.org", timeout=PATIENCE_SECONDS)

    assert (answer.status_code, answer.text) == (200, "Mailgun Magnificent API")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"from": ""}, "'from' parameter is missing"),
        ({"to": ""}, "'to' parameter is missing"),
        ({"text": ""}, "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"),
        ({"from": "marax"}, "'from' parameter is not a valid address. please check documentation"),
        ({"to": "ann"}, "'to' parameter is not a valid address. please check documentation"),
        ({"to": "ann@localhost"}, "'to' parameter is not a valid address. please check documentation"),
        (
            {"to": "ann@example.org, ben@example.org, eve@"},
            "'to' parameter is not a valid address. please check documentation",
        ),
        ({"to": ", ".join(["ann@example.org"] * 1001)}, "Too many recipients; max is 1000"),
        ({"h:X-Ä": "x"}, "Header name must be pure ASCII: X-Ä"),
        (
            {"h:X-Long": "x" * 16_000},
            "Send options (parameters starting with o:, h:, or v:) are limited to 16 kB total",
        ),
    ],
)
@pytest.mark.parametrize(
    "files", [None, {"inline": ("chart.png", b"png", "image/png")}], ids=["form", "multipart"]
)
def test_refuses_a_bad_message_as_a_whole(standin, files, changes, message):
    answer = post(standin, FIELDS | changes, files=files)

    assert (answer.status_code, answer.json()) == (400, {"message": message})
    assert standin.messages == []


@pytest.mark.parametrize("body", ["{}", "from", "\xff"])
def test_refuses_what_is_no_form(standin, body):
    answer = post(standin, body, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert answer.status_code == 400


def test_refuses_a_request_beyond_its_limit(standin):
    answer = post(standin, files={"inline": ("large.png", b"x" * 53 * 1024 * 1024, "image/png")})

    assert answer.status_code == 413


def test_refuses_a_message_beyond_its_limit(standin):
    answer = post(standin, files={"inline": ("large.png", b"x" * 26 * 1024 * 1024, "image/png")})

    assert (answer.status_code, answer.json()) == (400, {"message": "Message is larger than 25 MB"})


def events(standin: MailgunStandIn, key: str = KEY, **query: str) -> requests.Response:
    url = f"{standin.url}/v3/mg.example.org/events"
    return requests.get(url, auth=("api", key), params=query, timeout=PATIENCE_SECONDS)


def test_tells_what_it_accepted_the_newest_first(standin):
    for number in (1, 2, 3):
        post(standin, FIELDS | {"h:Message-Id": f"<{number}@mg.example.org>"})

    answer = events(standin, limit="2")

    assert [one["message"]["headers"]["message-id"] for one in answer.json()["items"]] == [
        "3@mg.example.org",
        "2@mg.example.org",
    ]
    assert (answer.status_code, sorted(answer.json()["paging"])) == (
        200,
        ["first", "last", "next", "previous"],
    )


def test_tells_of_one_message_when_asked_for_its_id_without_brackets(standin):
    for number in (1, 2):
        post(standin, FIELDS | {"h:Message-Id": f"<{number}@mg.example.org>"})

    (event,) = events(standin, **{"message-id": "2@mg.example.org"}).json()["items"]

    assert (event["event"], event["recipient"]) == ("accepted", "ann@example.org")
    assert event["message"]["headers"]["message-id"] == "2@mg.example.org"


def test_events_come_a_while_after_the_message():
    with MailgunStandIn(api_key=KEY, events_lag_seconds=60.0) as standin:
        post(standin)

        assert events(standin).json()["items"] == []


def test_a_sending_key_may_send_and_nothing_else():
    with MailgunStandIn(api_key=KEY, sending_key="key-send") as standin:
        sent, asked = post(standin, key="key-send"), events(standin, key="key-send")

    assert (sent.status_code, asked.status_code, asked.text) == (200, 401, "Forbidden")


def test_events_go_wrong_as_messages_do(standin):
    standin.misbehave("500=100")

    assert events(standin).status_code == 500


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.accepts])
def test_some_faults_take_the_message_all_the_same(standin, fault):
    standin.misbehave(f"{fault}=100")

    try:
        has_heard = post(standin, timeout=0.3).ok
    except requests.RequestException:
        has_heard = False

    assert not has_heard
    assert [message.fault for message in standin.messages] == [fault]


def test_faults_come_as_often_as_asked_and_the_same_way_each_time():
    def draws() -> list[Fault | None]:
        faults = Faults("500=20,reset=10", seed=7)
        return [faults.draw() for _ in range(1000)]

    assert draws() == draws()
    assert 150 < draws().count(Fault.INTERNAL) < 250
    assert 60 < draws().count(Fault.RESET) < 140


@pytest.mark.parametrize("spec", ["500=80,401=30", "nonsense=5", "500", "500=x", "500=-5", "500=nan"])
def test_refuses_faults_that_make_no_sense(spec):
    with pytest.raises(ValueError):  # noqa: PT011 - whichever part of it
        Faults(spec)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "key").write_text(f"{KEY}\n")
    command = [sys.executable, "-m", "tests.standin.mailgun", "--domain", "mg.example.org"]
    files = ["--key-file", str(tmp_path / "key"), "--record", str(tmp_path / "accepted.jsonl")]
    with subprocess.Popen(
        [*command, *files, "--faults", "500=100"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        yield running.stdout.readline().strip()
        running.terminate()


def test_runs_as_a_process_that_keeps_a_record_and_takes_orders(process, tmp_path):
    before = post(process)
    requests.put(f"{process}/standin/faults", data="", timeout=PATIENCE_SECONDS)
    after = post(process, FIELDS | {"h:Message-Id": "<1@mg.example.org>"})

    assert (before.status_code, after.status_code) == (500, 200)
    (line,) = (tmp_path / "accepted.jsonl").read_text().splitlines()
    assert json.loads(line)["message_id"] == "<1@mg.example.org>"
    assert requests.get(f"{process}/standin/messages", timeout=PATIENCE_SECONDS).json() == [json.loads(line)]


def test_a_process_refuses_faults_that_make_no_sense(process):
    answer = requests.put(f"{process}/standin/faults", data="nonsense=5", timeout=PATIENCE_SECONDS)

    assert answer.status_code == 400
