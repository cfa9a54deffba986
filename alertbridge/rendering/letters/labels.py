"""What tells one alert from another: its labels, and what its annotations say beyond the usual."""

from collections import defaultdict
from collections.abc import Sequence

from alertbridge.mail.cleaning import clean, is_web_link
from alertbridge.mail.facts import HostFacts
from alertbridge.rendering.letters.letter import Column, Link, Row, Section, Table, and_more

_LABELS_AT_MOST = 24
_ANNOTATIONS_AT_MOST = 12
_LINKS_AT_MOST = 4
_DIFFERING_AT_MOST = 4
_AMONG_AT_MOST = 2
_COLUMNS_AT_MOST = 2
_WIDEST_COLUMN = 16
_VALUE_LIMIT = 48
_NO_TITLES = (Column(""), Column(""))


def label_sections(host: HostFacts, at_most: int) -> tuple[Section, ...]:
    """Return the labels that the mail does not say elsewhere, and the annotations; *at_most* of each."""
    labels = [(name, value) for name, value in _told(host) if (name, value) != ("instance", host.address)]
    links = [(name, text) for name, text in host.annotations if is_web_link(text)]
    texts = [(name, text) for name, text in host.annotations if not is_web_link(text)]
    if at_most <= 1 and (labels or host.annotations):
        left_out = f"{len(labels)} labels and {len(host.annotations)} annotations did not fit into this mail."
        return (Section(title="Labels", lines=(left_out,)),)
    sections = (
        Section(title="Labels", table=_table(labels, min(at_most, _LABELS_AT_MOST))),
        Section(
            title="Annotations",
            table=_table(texts, min(at_most, _ANNOTATIONS_AT_MOST)),
            links=tuple(
                Link(_spoken(name), url, is_link=True)
                for name, url in links[: min(at_most - 1, _LINKS_AT_MOST)]
            ),
        ),
    )
    return tuple(section for section in sections if section.table or section.links)


def differing_labels(hosts: Sequence[HostFacts]) -> tuple[str, ...]:
    """Return the names of the labels by which *hosts* differ, four at most.

    First come those that tell alerts of one name and host apart. The others count only where all alerts have
    one name; `instance` is not among them, as the host says it.
    """
    labels = [dict(_told(host)) for host in hosts]
    names = dict.fromkeys(name for one in labels for name in one)
    alike: defaultdict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for host, one in zip(hosts, labels, strict=True):
        alike[host.name, host.alertname].append(one)
    within = [name for name in names if any(_differs(name, group) for group in alike.values())]
    others = (name for name in names if name not in within and name != "instance")
    is_of_one_name = len({host.alertname for host in hosts}) == 1
    among = [name for name in others if is_of_one_name and _differs(name, labels)][:_AMONG_AT_MOST]
    return tuple([*within, *among][:_DIFFERING_AT_MOST])


def as_columns(names: Sequence[str], hosts: Sequence[HostFacts]) -> tuple[str, ...]:
    """Return those of *names* whose values are short enough for a column of their own, two at most."""
    values = [dict(host.labels) for host in hosts]
    short = [
        name
        for name in names
        if max(len(name), *(len(its.get(name, "")) for its in values)) <= _WIDEST_COLUMN
    ]
    return tuple(short[:_COLUMNS_AT_MOST])


def value_of(host: HostFacts, name: str) -> str:
    """Return the value of that label for a cell."""
    return dict(host.labels).get(name, "") or "-"


def named_values(host: HostFacts, names: Sequence[str]) -> str:
    """Return `device=/dev/sda1, mountpoint=/` of the labels in *names* that *host* has."""
    values = dict(host.labels)
    return ", ".join(f"{name}={clean(values[name], _VALUE_LIMIT)}" for name in names if name in values)


def _told(host: HostFacts) -> list[tuple[str, str]]:
    """Return the labels that the mail does not say elsewhere."""
    shown = {"alertname": host.alertname, "severity": host.severity}
    if host.name != host.alertname:  # whose place it takes where there is no host
        shown["host"] = host.name
    return [(name, value) for name, value in host.labels if shown.get(name) != value]


def _differs(name: str, labels: Sequence[dict[str, str]]) -> bool:
    return len({one.get(name, "") for one in labels}) > 1


def _table(pairs: Sequence[tuple[str, str]], at_most: int) -> Table | None:
    if not pairs:
        return None
    return Table(
        columns=_NO_TITLES, rows=tuple(Row(pair) for pair in pairs[:at_most]), more=and_more(pairs, at_most)
    )


def _spoken(name: str) -> str:
    """Return the name of a link: `Dashboard` for `dashboard_url`."""
    words = name.removesuffix("URL").removesuffix("_url").strip("_").replace("_", " ")
    return words[:1].upper() + words[1:] or "Link"
