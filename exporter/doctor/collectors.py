"""How the collectors did: each cause of a failure once, with all collectors that it affects."""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from exporter.doctor.finding import Finding
from exporter.host.files import HostReadError
from exporter.scrape.collector_runner import Collected, Failed, Outcome, TimedOut

_SLOW_SECONDS = 1.0


def collectors(outcomes: Mapping[str, Outcome]) -> Iterator[Finding]:
    """Judge each collector by how it did in a scrape just now."""
    well = {
        name: o
        for name, o in outcomes.items()
        if isinstance(o, Collected) and o.duration_seconds < _SLOW_SECONDS
    }
    took = ", ".join(f"{name} {1000 * outcome.duration_seconds:.1f} ms" for name, outcome in well.items())
    yield Finding(check="collectors", verdict="ok", says=took or "none is enabled and healthy")
    affected: dict[str, list[str]] = {}
    for name, outcome in outcomes.items():
        if name not in well:
            for complaint in _complaints(outcome):
                affected.setdefault(complaint, []).append(name)
    for complaint, names in affected.items():
        yield Finding(
            check="collectors",
            verdict="problem",
            says=f"{', '.join(names)} {complaint}",
            remedy=_remedy([name for name in names if not _has_others(outcomes[name])]),
        )


def blind_collectors(outcomes: Mapping[str, Outcome]) -> Iterator[Finding]:
    """Say in one finding which collectors fail for a reason that has been told already."""
    well, *badly = collectors(outcomes)
    yield well
    if badly:
        says = "; ".join(finding.says for finding in badly)
        yield Finding(check="collectors", verdict="problem", says=f"for that reason {says}")


def _has_others(outcome: Outcome) -> bool:
    """Return whether a collector that fails has metrics all the same."""
    return isinstance(outcome, Failed) and bool(outcome.metrics)


def _remedy(names: Sequence[str]) -> str:
    if not names:
        return ""
    switches = ", ".join(f"{name}: false" for name in names)
    return f"`collectors: {{{switches}}}` in the settings disables {'it' if len(names) == 1 else 'them'}"


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
