"""The courier, a real outbox and the real way to Mailgun, before a Mailgun that goes wrong."""

import logging

import pytest

from alertbridge.composing.composer import MailComposer
from alertbridge.delivery.deadline import Timeouts
from alertbridge.delivery.failover import PrimaryTransport
from alertbridge.delivery.mailgun.lookup import MailgunLookup
from alertbridge.prometheus.findings import NoPrometheus
from alertbridge.rendering.renderer import Renderer
from marax.clock import SystemClock
from marax.settings.secret import Secret
from tests.alertbridge.alert_builders import an_alert
from tests.alertbridge.delivery.post import Post
from tests.fakes.rude_servers import a_dead_port
from tests.standin.mailgun import MailgunStandIn
from tests.standin.mailgun_client import KEY, a_mailer, settings_for

SENDING_KEY = "key-that-may-only-send"
LIMIT_SECONDS = 30.0
HASTY = Timeouts(connect_seconds=10.0, silence_seconds=1.0, whole_seconds=10.0)
LEAVES_OPEN = [
    *["500", "500-accepted", "reset", "reset-accepted"],
    *["hang", "hang-accepted", "partial-accepted"],
]


class MailgunPost(Post):
    """A courier that sends through the stand-in; its clock stands still at the present time."""

    def __init__(self, path, standin: MailgunStandIn) -> None:
        super().__init__(path, SystemClock().unix_seconds())
        self.standin = standin
        self.now = self.clock.unix_seconds()
        self.go_through(standin.url)

    def go_through(self, url: str, key: str = KEY) -> None:
        lookup = MailgunLookup(settings_for(url), Secret(key), HASTY)
        transport = PrimaryTransport(a_mailer(url, key=key, timeouts=HASTY), lookup, self.clock)
        self.dispatch = lambda: transport

    def alert(self, host: str = "web-1", **more) -> None:
        self.take(an_alert(host, starts=self.now, **more))

    @property
    def reported(self) -> list[str]:
        return [message.subject for message in self.standin.messages]


@pytest.fixture
def standin():
    with MailgunStandIn(api_key=KEY, sending_key=SENDING_KEY, wait_seconds=LIMIT_SECONDS) as made:
        yield made


@pytest.fixture
def post(tmp_path, standin):
    made = MailgunPost(tmp_path / "bridge.db", standin)
    yield made
    made.outbox.close()


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [
        ("429-seconds", 30, 30),
        ("429-date", 25, 30),
        ("429-reset", 25, 31),
        ("429-body", 25, 30),
        ("420-body", 25, 30),
        ("429-untold", 60, 60),
        ("429-past", 1, 1),
        ("429-far", 3600, 3600),
    ],
)
def test_a_limit_pauses_sending_and_costs_nobody_an_attempt(post, caplog, fault, least, most):
    caplog.set_level(logging.INFO)
    post.alert("db-1", alertname="HighCpu", severity="warning")
    post.alert("db-2", alertname="HighCpu", severity="warning")
    post.standin.misbehave(f"{fault}=100")
    post.work()
    post.standin.behave()
    post.alert("web-1")

    post.clock.advance(least - 0.5)
    post.work()
    assert post.reported == []
    post.clock.advance(most - least + 1)
    post.work()

    assert post.reported == ["web-1=down", "db-1=down", "db-2=down"]
    assert post.sample("alertbridge_send_attempts_total", outcome="lane_paused") == 1
    attempts = [
        vars(record)["attempts"] for record in caplog.records if record.msg == "mail accepted by provider"
    ]
    assert attempts == [1, 1, 1]


@pytest.mark.parametrize("fault", LEAVES_OPEN)
def test_a_mail_in_doubt_comes_once_where_mailgun_can_be_asked(post, standin, fault):
    post.alert()
    standin.misbehave(f"{fault}=100")
    post.work()
    standin.behave()
    post.work_for(120)

    assert post.reported == ["web-1=down"]
    resolved_by = "lookup" if fault.endswith("accepted") else "resent"
    assert post.sample("alertbridge_ambiguous_total", resolved_by=resolved_by) == 1


@pytest.mark.parametrize("fault", LEAVES_OPEN)
def test_a_mail_in_doubt_comes_again_under_its_name_where_mailgun_cannot_be_asked(post, standin, fault):
    post.go_through(standin.url, SENDING_KEY)
    post.alert()
    standin.misbehave(f"{fault}=100")
    post.work()
    standin.behave()
    post.work_for(120)

    assert len(post.reported) == (2 if fault.endswith("accepted") else 1)
    assert len({message.message_id for message in standin.messages}) == 1
    assert post.sample("alertbridge_ambiguous_total", resolved_by="resent") == 1


@pytest.mark.parametrize("fault", ["401", "402", "403", "404", "magnificent"])
def test_an_hour_of_being_turned_away_gives_nothing_up(post, standin, fault):
    post.alert("db-1", alertname="HighCpu", severity="warning")
    post.alert("web-1")
    standin.misbehave(f"{fault}=100")
    post.work_for(3600, step=20)
    tries = post.sample("alertbridge_send_attempts_total", outcome="lane_paused")
    standin.behave()

    assert (post.reported, post.dead) == ([], 0)
    assert 55 <= tries <= 62  # once a minute
    assert "check" in post.outbox.backlog(post.clock.unix_seconds()).pause_reason

    post.outbox.notices.resume()  # as a reload does, once the key is mended
    post.work()
    assert post.reported == ["web-1=down", "db-1=down"]


@pytest.mark.parametrize(
    "away",
    [
        pytest.param(lambda _: f"http://127.0.0.1:{a_dead_port()}", id="refused"),
        pytest.param(lambda _: "http://mailgun.invalid", id="no such name"),
        pytest.param(lambda standin: standin.url.replace("http:", "https:"), id="no TLS"),
    ],
)
def test_what_could_not_leave_follows_the_first_that_can(post, standin, away):
    post.composer = MailComposer(
        renderer=Renderer(),
        enricher=NoPrometheus(),
        sender="marax <alerts@mg.example.org>",
        clock=post.clock,
        metrics=post.metrics,
    )
    post.go_through(away(standin))
    for host in ("db-1", "db-2", "db-3"):
        post.alert(host, alertname="HighCpu", severity="warning")
    post.work_for(600, step=20)
    post.alert("web-1")
    post.work_for(1200, step=20)
    post.go_through(standin.url)

    while not post.reported:
        post.work()
        post.clock.advance(1)
    probe, *others = standin.messages

    order = ["web-1", "db-1", "db-2", "db-3"]
    order.remove(probe.subject.split(":")[0].split()[1])
    assert [message.subject.split(":")[0].split()[1] for message in others] == order
    assert [message.text.count("Delayed by") for message in standin.messages] == [1, 1, 1, 1]
    assert post.sample("alertbridge_send_attempts_total", outcome="ambiguous") is None
    assert post.sample("alertbridge_ambiguous_total", resolved_by="resent") == 0
    assert post.dead == 0
