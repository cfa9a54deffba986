"""The bridge of the model: the real parts on a real database, put together as `wiring/` does.

All knowledge of how the parts are built stands here.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from alertbridge.alerts.alert import Alert, alert_id_of
from alertbridge.background.ends import EndProver
from alertbridge.background.firings import FiringJudge
from alertbridge.background.gaps import GapWatch
from alertbridge.background.heartbeat import Heartbeat
from alertbridge.background.reconciliation import Reconciliation
from alertbridge.background.reopening import Reopening
from alertbridge.composing.composer import MailComposer
from alertbridge.delivery.courier import Courier, DeliveryConfig
from alertbridge.delivery.failover import PrimaryTransport
from alertbridge.delivery.retry import Backoff
from alertbridge.delivery.wakeup import Wakeup
from alertbridge.ingest.internal import InternalAlerts
from alertbridge.ingest.receiver import WebhookReceiver
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.outbox import open_outbox
from tests.alertbridge.alert_builders import a_routing, a_user
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig
from tests.model.alertmanager import Posted
from tests.model.mailbox import Died, Mailbox
from tests.model.testimony import Testimony

STORM_HOSTS = 3
_RECONCILIATION_SECONDS = 60.0


class Parts:
    """One life of the bridge, from its start to its death."""

    def __init__(self, url: str, clock: FakeClock, testimony: Testimony, mailbox: Mailbox) -> None:
        self.outbox = open_outbox(url, transport="fake")
        self.metrics = metrics = Metrics()
        wakeup = Wakeup(longest_wait_seconds=1)
        live = FakeLiveConfig(
            routing=a_routing(a_user(), storm_hosts=STORM_HOSTS),
            witness=testimony,
            past=testimony,
            diagnose=testimony.diagnose,
        )
        internal = InternalAlerts(intake=self.outbox.intake, live=live, clock=clock, on_news=wakeup.notify)
        self.gaps = GapWatch(clock)
        self.heartbeat = Heartbeat(
            store=self.outbox.heartbeat,
            raise_alert=internal.take,
            live=live,
            clock=clock,
            gaps=self.gaps,
            on_beat=wakeup.notify,
        )
        self.receiver = WebhookReceiver(
            intake=self.outbox.intake,
            heartbeat=self.heartbeat,
            live=live,
            clock=clock,
            metrics=metrics,
            on_news=wakeup.notify,
        )
        self.prover = EndProver(
            claims=self.outbox.end_claims,
            live=live,
            evaluated=self.heartbeat.evaluated_unix_seconds,
            resumed=self.gaps.resumed_unix_seconds,
            close=self.receiver.close,
            clock=clock,
        )
        self.reconciliation = Reconciliation(
            open_episodes=self.outbox.intake.open_episodes,
            live=live,
            receive=self.receiver.receive,
            clock=clock,
        )
        self.firings = FiringJudge(
            disputes=self.outbox.disputes, live=live, settle=self.receiver.settle, clock=clock
        )
        self.reopening = Reopening(
            ended=self.outbox.intake, live=live, receive=self.receiver.receive, clock=clock
        )
        composer = MailComposer(
            renderer=mailbox, enricher=testimony, sender="marax <a@b.example>", clock=clock, metrics=metrics
        )
        transport = PrimaryTransport(mailbox, mailbox, clock)
        live.delivery = DeliveryConfig(routing=live.routing, composer=composer, mailer=transport)
        self.courier = Courier(
            notices=self.outbox.notices,
            live=live,
            wakeup=wakeup,
            reports=mailbox,
            backoff=Backoff(chance=Random(1)),
            clock=clock,
            metrics=metrics,
        )
        self.outbox.notices.recover(clock.unix_seconds())
        self._next_reconciliation = clock.monotonic_seconds() + _RECONCILIATION_SECONDS

    def run(self, clock: FakeClock) -> None:
        """Let each task have its turn, and then the courier."""
        self.gaps.run()
        self.heartbeat.check()
        if clock.monotonic_seconds() >= self._next_reconciliation:
            self._next_reconciliation = clock.monotonic_seconds() + _RECONCILIATION_SECONDS
            self.reconciliation.check()
            self.reopening.check()
        self.firings.settle_starts()
        self.firings.settle_repeats()
        while self.prover.run():
            pass
        while self.courier.turn():
            pass


class Bridge:
    """The bridge over its lives; what it commits outlasts them.

    Attributes:
        mailbox: Where its mails go.
        dies_once_committed: Whether it dies as soon as it has stored the next post, before it answers.
    """

    def __init__(self, folder: Path, clock: FakeClock, testimony: Testimony) -> None:
        self.mailbox = Mailbox(clock)
        self.dies_once_committed = False
        self._url = f"sqlite:///{folder}/bridge.db"
        self._clock = clock
        self._testimony = testimony
        self._parts: Parts | None = None
        self._waiting: list[Sequence[Posted]] = []

    def start(self) -> None:
        """Begin a new life."""
        self._parts = Parts(self._url, self._clock, self._testimony, self.mailbox)

    def die(self) -> None:
        """End this life; a dead bridge stays dead."""
        if self._parts is not None:
            errors = self._parts.metrics.registry.get_sample_value("alertbridge_courier_errors_total")
            self._parts.outbox.close()
            self._parts = None
            assert not errors, "the courier met unexpected errors, which are in the log"
            self._waiting.clear()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._parts is not None

    def post(self, alerts: Sequence[Posted], *, is_working: bool) -> bool:
        """Take a post of Alertmanager; return whether it was answered 200.

        While the bridge stands still, the post waits in the kernel. It is taken when the bridge goes on: too
        late for Alertmanager, which has given up by then.
        """
        if self._parts is None:
            return False
        if not is_working:
            if alerts not in self._waiting:
                self._waiting.append(alerts)
            return False
        self._parts.receiver.receive([_alert(one) for one in alerts])
        if self.dies_once_committed:
            self.dies_once_committed = False
            self.die()
        return self.is_alive

    def run(self) -> None:
        """Do what it does every so often, and send what is due."""
        while self._waiting and self._parts is not None:
            self.post(self._waiting.pop(0), is_working=True)
        if self._parts is None:
            return
        try:
            self._parts.run(self._clock)
        except Died:
            self.die()


def _alert(posted: Posted) -> Alert:
    labels = dict(posted.labels)
    annotations = {"summary": labels["alertname"]}
    if labels["alertname"] == "Watchdog":
        annotations["evaluated_at"] = f"{posted.evaluated:.0f}"
    return Alert(
        alert_id=alert_id_of(labels),
        labels=labels,
        annotations=annotations,
        is_firing=posted.ends is None,
        starts_unix_seconds=posted.starts,
        ends_unix_seconds=posted.ends,
    )
