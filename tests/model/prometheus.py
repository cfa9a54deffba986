"""A Prometheus: it scrapes, keeps samples, evaluates rules and sends alerts, every 15 seconds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from tests.model.rules import RULES, RuleManager, SentAlert
from tests.model.storage import Labels, Storage, with_labels

TICK_SECONDS = 5
_TICKS_BETWEEN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a host answers to a scrape."""

    cpu_ratio: float


class Prometheus:
    """One of them; what is kept in memory is lost when it dies.

    Args:
        name: What the script calls it.
        phase: Its scrapes and evaluations are that many ticks after those of another.
        names_itself: Whether it puts its name on the alerts that it sends, as an external label.
    """

    def __init__(self, name: str, phase: int, *, names_itself: bool = False) -> None:
        self.name = name
        self.storage = Storage()
        self.targets: tuple[Labels, ...] = ()
        self.last_answered: dict[str, float] = {}
        self.last_unanswered: dict[str, float] = {}
        self._phase = phase
        self._external = {"prometheus": name} if names_itself else {}
        self._rules = RuleManager(storage=self.storage, rules=RULES)

    def restart(self) -> None:
        """Forget what only the memory holds."""
        self._rules = RuleManager(storage=self.storage, rules=RULES)
        self.targets = ()

    def watch(self, targets: Iterable[Labels], now: float) -> None:
        """Scrape these *targets* from now on."""
        wanted = tuple(targets)
        for gone in set(self.targets) - set(wanted):
            for metric in ("up", "cpu"):
                self.storage.end(metric, gone, now)
        self.targets = wanted

    def scrape(self, tick: int, now: float, ask: Callable[[Labels], Answer | None]) -> None:
        """Scrape the targets whose turn it is in this *tick*; *ask* returns None for no answer."""
        for number, labels in enumerate(self.targets):
            if (tick + self._phase + sum(map(ord, dict(labels)["instance"]))) % _TICKS_BETWEEN:
                continue
            moment = now + number / 100
            answer = ask(labels)
            self.storage.append("up", labels, moment, 0 if answer is None else 1)
            if answer is None:
                self.last_unanswered[dict(labels)["host"]] = moment
                self.storage.end("cpu", labels, moment)
            else:
                self.last_answered[dict(labels)["host"]] = moment
                self.storage.append("cpu", labels, moment, answer.cpu_ratio)

    def evaluate(self, tick: int, now: float) -> list[SentAlert]:
        """Evaluate the rules if it is their turn; return what has to be sent."""
        if (tick + self._phase) % _TICKS_BETWEEN:
            return []
        sent = self._rules.evaluate(now)
        return [replace(one, labels=with_labels(one.labels, **self._external)) for one in sent]

    def newest_scrapes(self, now: float) -> Mapping[Labels, tuple[float, bool]]:
        """Return when each target was last scraped, and whether it answered."""
        found = {labels: (at, value == 1) for labels, at, value in self.storage.now("up", now)}
        return {labels: found[labels] for labels in self.targets if labels in found}
