"""How long Alertmanager waits for the bridge's 200: with a steady stream of posts, and with one huge post."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import yaml

from bench.child import BenchError
from bench.figures import Row, judged, percentile, short
from bench.stage import QUICK, Stage
from marax.clock import SystemClock
from scripts.stack.part import Part, Program
from scripts.stack.ports import free_addresses
from scripts.stack.programs import own_command
from tests.alertbridge.alert_builders import T0, a_heartbeat, an_alert, payload_of
from tests.standin.mailgun import MailgunStandIn

_TOKEN = "webhook-token"  # noqa: S105 - of this run only
_KEY = "key-0123456789abcdef"
_POSTS_A_SECOND = 50
_SECONDS, _QUICK_SECONDS = 20, 5
_ALERTS = 10_000
_P99_MARK_SECONDS, _HUGE_MARK_SECONDS, _MEMORY_MARK_BYTES = 0.05, 1.0, 300e6
_MAILS_SECONDS = 60.0
_OK = 200
_PEAK = re.compile(r"^VmHWM:\s+([0-9]+) kB$", re.MULTILINE)


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the time to 200 at 50 posts a second and for 10,000 alerts in one, and the memory it takes."""
    seconds = _QUICK_SECONDS if stage.scale is QUICK else _SECONDS
    stage.say(f"webhook: {seconds} s of {_POSTS_A_SECOND} posts a second, then {_ALERTS:,} alerts in one")
    with MailgunStandIn(api_key=_KEY) as mailgun, _bridge(stage.folder / "webhook", mailgun.url) as bridge:
        taken = _steady(bridge, seconds)
        p99 = percentile(taken, 0.99)
        yield Row(
            what=f"`POST /alerts` to 200, {_POSTS_A_SECOND} a second",
            against="--",
            mark="p99 < 50 ms",
            figure=f"p50 {short(percentile(taken, 0.5) * 1e3)} ms, p99 {short(p99 * 1e3)} ms",
            verdict=judged(is_met=p99 < _P99_MARK_SECONDS),
        )
        yield from _huge(bridge, mailgun)


def _huge(bridge: Part, mailgun: MailgunStandIn) -> Iterator[Row]:
    names = [f"web-{number}" for number in range(_ALERTS)]
    before = len(mailgun.messages)
    firing = payload_of(*(an_alert(name, alertname="Storm", starts=T0) for name in names))
    over = payload_of(*(an_alert(name, alertname="Storm", starts=T0, ends=T0 + 60) for name in names))
    for what, body in (("10,000 alerts", firing), ("10,000 ends", over)):
        took = _post(bridge, body)
        yield Row(
            what=f"`POST /alerts` with {what} to 200",
            against="--",
            mark="< 1 s",
            figure=f"{short(took)} s",
            verdict=judged(is_met=took < _HUGE_MARK_SECONDS),
        )
        before += 1
        _post(bridge, payload_of(a_heartbeat(SystemClock().unix_seconds())))  # by which the ends are proven
        _wait_for_mails(mailgun, before)
    peak = _peak_bytes(bridge)
    threads = {message.headers.get("References", message.message_id) for message in mailgun.messages[-2:]}
    yield Row(
        what="memory of the bridge after both, and mails that they made",
        against="--",
        mark="< 300 MB, 1 each, one thread",
        figure=f"{short(peak / 1e6)} MB, {'one thread' if len(threads) == 1 else 'several threads'}",
        verdict=judged(is_met=peak < _MEMORY_MARK_BYTES and len(threads) == 1),
    )


def _steady(bridge: Part, seconds: int) -> Sequence[float]:
    bodies = [
        payload_of(an_alert(f"db-{number}", severity="info", starts=T0))
        for number in range(seconds * _POSTS_A_SECOND)
    ]
    began = time.perf_counter()
    taken = []
    for number, body in enumerate(bodies):
        time.sleep(max(0.0, began + number / _POSTS_A_SECOND - time.perf_counter()))
        taken.append(_post(bridge, body))
    return taken


def _post(bridge: Part, body: bytes) -> float:
    connection = HTTPConnection(bridge.address, timeout=30)
    began = time.perf_counter()
    connection.request("POST", "/alerts", body, {"Authorization": f"Bearer {_TOKEN}"})
    status = connection.getresponse().status
    took = time.perf_counter() - began
    connection.close()
    if status != _OK:
        raise BenchError(f"the bridge answered {status}")
    return took


def _peak_bytes(bridge: Part) -> float:
    found = _PEAK.search(Path(f"/proc/{bridge.pid}/status").read_text())
    if found is None:
        raise BenchError("the kernel does not say how much memory the bridge took")
    return int(found[1]) * 1024


def _wait_for_mails(mailgun: MailgunStandIn, count: int) -> None:
    deadline = time.monotonic() + _MAILS_SECONDS
    while len(mailgun.messages) < count and time.monotonic() < deadline:
        time.sleep(0.1)


@contextmanager
def _bridge(folder: Path, mailgun_url: str) -> Iterator[Part]:
    folder.mkdir()
    (address,) = free_addresses(1)
    (folder / "token").write_text(_TOKEN)
    (folder / "key").write_text(_KEY)
    mailgun = {"domain": "mg.example.org", "api_key_file": "key", "from": "a@mg.example.org"}
    settings = {
        "listen": address,
        "database": "sqlite:///bridge.db",
        "webhook": {"token_file": "token"},
        "mailgun": mailgun | {"base_url": mailgun_url},
        "limits": {"mails_per_hour": 1_000_000},
        "users": [{"name": "ann", "email": "ann@example.org"}],
    }
    (folder / "bridge.yml").write_text(yaml.safe_dump(settings))
    argv = (own_command("marax-alertbridge"), "--config", str(folder / "bridge.yml"))
    part = Part(Program(name="alertbridge", argv=argv, address=address, log=folder / "log"))
    try:
        part.start()
        part.wait_until_ready()
        yield part
    finally:
        part.stop()
