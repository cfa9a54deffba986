"""What the reader of an alert mail might do next."""

from alertbridge.mail.cleaning import is_web_link
from alertbridge.mail.facts import AlertFacts, HostFacts, Kind
from alertbridge.rendering.letters.letter import Link, Section, Step
from alertbridge.rendering.letters.scrape_errors import explain
from marax.settings.addresses import Address

_OVER = (Kind.UP, Kind.OK, Kind.ENDED)
ASK_ALL = Step(
    "On the monitoring server, ask every host directly, without Prometheus:", "marax-alertbridge status"
)
_MANY_DOWN = (
    Step(
        "Check first what these hosts share: power, switch, hypervisor, DNS, the network path to Prometheus."
    ),
    ASK_ALL,
    Step("Then go through them one by one, by the reason in their row."),
)


def next_steps(facts: AlertFacts, at_most: int) -> tuple[Section, ...]:
    """Return the steps, at most *at_most* runbooks, and the graph; nothing when there is none of them."""
    steps = _steps(facts)
    troubled = () if facts.kind in _OVER else facts.hosts
    urls = list(dict.fromkeys(host.runbook_url for host in troubled if host.runbook_url))
    runbooks = (Link("Runbook", url, is_web_link(url)) for url in urls[:at_most])
    graph = _graph(troubled) if at_most > 1 else ()  # the first to go where room is scarce
    links = (*runbooks, *graph)
    if not steps and not links:
        return ()
    lines = (f"There are {len(urls) - at_most} more runbooks.",) if len(urls) > at_most else ()
    return (Section(title="What to do next", lines=lines, steps=steps, links=links),)


def _graph(hosts: tuple[HostFacts, ...]) -> tuple[Link, ...]:
    """Return the link to the graph that all *hosts* share, as those of one rule do."""
    urls = {host.graph_url for host in hosts}
    return tuple(Link("Graph", url, is_link=True) for url in urls if len(urls) == 1 and is_web_link(url))


def _steps(facts: AlertFacts) -> tuple[Step, ...]:
    host = facts.hosts[0] if len(facts.hosts) == 1 else None
    match facts.kind:
        case Kind.DOWN:
            return _MANY_DOWN if host is None else explain(host.reason, host.address).steps
        case Kind.UP if host is not None:
            return _after_return(host)
        case Kind.CRITICAL | Kind.WARN if host is not None and host.is_in_hosts:
            return _on_the_machine(host, "See what it is doing now:", "marax-exporter top")
        case _:
            return ()


def _after_return(host: HostFacts) -> tuple[Step, ...]:
    match host.has_rebooted:
        case True:
            return _on_the_machine(host, "Read how its previous boot ended:", "journalctl -b -1 -e")
        case False:
            return _on_the_machine(
                host, "Read why the exporter was down:", "journalctl -u marax-exporter -n 50"
            )
        case None:
            return _on_the_machine(host, "Check when it booted:", "uptime")


def _on_the_machine(host: HostFacts, text: str, command: str) -> tuple[Step, ...]:
    """Return one step over ssh; none where the subject of the alert has no address, so is no machine."""
    try:
        machine = Address.from_setting(host.address).host
    except ValueError:
        return ()
    return (Step(text, f"ssh {machine} {command}"),)
