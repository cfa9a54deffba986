"""How the collectors fared: each cause once, with all who suffer from it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from exporter.doctor.finding import Finding
from exporter.host.files import HostReadError
from exporter.scrape.collector_runner import Collected, Failed, Outcome, TimedOut

_SLOW_SECONDS = 1.0


def collectors(outcomes: Mapping[str, Outcome]) -> Iterator[Finding]:
    """Judge each collector by how it fared in a scrape just now."""
    well = {
        name: o
        for name, o in outcomes.items()
        if isinstance(o, Collected) and o.duration_seconds < _SLOW_SECONDS
    }
    took = ", ".join(f"{name} {1000 * outcome.duration_seconds:.1f} ms" for name, outcome in well.items())
    yield Finding(check="collectors", verdict="ok", says=took or "none is enabled and healthy")
    complaints: dict[str, list[str]] = {}
    for name, outcome in outcomes.items():
        if name not in well:
            for complaint in _complaints(outcome):
                complaints.setdefault(complaint, []).append(name)
    for complaint, names in complaints.items():
        switches = ", ".join(f"{name}: false" for name in names)
        them = "it" if len(names) == 1 else "them"
        yield Finding(
            check="collectors",
            verdict="problem",
            says=f"{', '.join(names)} {complaint}",
            remedy=f"`collectors: {{{switches}}}` in the settings disables {them}",
        )


def blind_collectors(outcomes: Mapping[str, Outcome]) -> Iterator[Finding]:
    """Say which collectors fail for a reason that has been told already."""
    for finding in collectors(outcomes):
        yield replace(finding, remedy="")


def _complaints(outcome: Outcome) -> list[str]:
    match outcome:
        case Failed(error=HostReadError(args=args)):
            return [f"failed: {arg}" for arg in args]
        case Failed(error=error):
            return [f"failed: {type(error).__name__}: {error}"]
        case TimedOut(duration_seconds=seconds):
            return [f"did not finish within {seconds:.1f} s"]
        case Collected(duration_seconds=seconds):
            return [f"took {seconds:.1f} s"]
        case _:
            assert_never(outcome)
