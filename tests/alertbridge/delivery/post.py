"""A courier to try things with."""

from collections.abc import Callable
from dataclasses import replace

from alertbridge.composing.composer import MailComposer
from alertbridge.delivery.courier import Courier, DeliveryConfig
from alertbridge.delivery.failover import PrimaryTransport
from alertbridge.delivery.mailer import Dispatch, Finding, Unknowable
from alertbridge.delivery.retry import Backoff
from alertbridge.delivery.wakeup import Wakeup
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.backlog import Backlog
from alertbridge.outbox.outbox import open_outbox
from alertbridge.routing.limits import LimitSettings
from tests.alertbridge.alert_builders import T0, a_routing
from tests.fakes.clock import FakeClock
from tests.fakes.composer import FakeComposer
from tests.fakes.mailer import FakeMailer


class Records:
    """What the far side says of mails in doubt: one finding a question, and then always the last."""

    def __init__(self, *findings: Finding) -> None:
        self._findings = list(findings)
        self.asked = 0

    def find(self, _message_id: str) -> Finding:
        self.asked += 1
        return self._findings.pop(0) if len(self._findings) > 1 else self._findings[0]


class Post:
    """A courier on a real outbox, and all that it needs; the clock stands still unless told."""

    def __init__(self, path, now: float = T0) -> None:
        self.clock = FakeClock(now)
        self.mailer = FakeMailer()
        self.records = Records(Unknowable())
        self.composer: FakeComposer | MailComposer = FakeComposer()
        self.metrics = Metrics()
        self.routing = replace(a_routing(), limits=LimitSettings(mails_per_hour=10_000))
        self.refused: list[tuple[str, str]] = []
        self.taken: list[str] = []
        self.dispatch: Callable[[], Dispatch] = lambda: PrimaryTransport(
            self.mailer, self.records, self.clock
        )
        self.outbox = open_outbox(f"sqlite:///{path}", transport="mailgun")
        self.wakeup = Wakeup(longest_wait_seconds=1)
        self.courier = Courier(
            notices=self.outbox.notices,
            live=self,
            wakeup=self.wakeup,
            reports=self,
            backoff=Backoff(max_age_seconds=3600),
            clock=self.clock,
            metrics=self.metrics,
        )

    @property
    def delivery(self) -> DeliveryConfig:
        return DeliveryConfig(routing=self.routing, composer=self.composer, mailer=self.dispatch())

    def note_refused(self, user_name: str, reason: str) -> None:
        self.refused.append((user_name, reason))

    def note_accepted(self, user_name: str) -> None:
        self.taken.append(user_name)

    def note_delivered(self, user_name: str) -> None: ...

    def take(self, *alerts) -> None:
        self.outbox.intake.take(alerts, self.routing, self.clock.unix_seconds())

    def work(self) -> None:
        while self.courier.turn():
            pass

    def work_for(self, seconds: float, step: float = 30.0) -> None:
        for _ in range(int(seconds / step) + 1):
            self.work()
            self.clock.advance(step)

    @property
    def backlog(self) -> Backlog:
        return self.outbox.backlog(self.clock.unix_seconds())

    @property
    def dead(self) -> int:
        return self.backlog.dead

    def sample(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)
