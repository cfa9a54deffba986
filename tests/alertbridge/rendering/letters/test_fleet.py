"""The letter about most hosts of a job at once."""

from dataclasses import replace

import pytest

from alertbridge.mail.facts import AlertFacts
from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.rendering.renderer import Renderer
from alertbridge.rendering.samples.hosts import samples
from tests.alertbridge.rendering.reading import read

RENDERER = Renderer()
FIRING, OVER = samples()["fleet-down"], samples()["fleet-down-over"]
UP, DOWN, UNWATCHED = AfterOutage.UP, AfterOutage.DOWN, AfterOutage.UNWATCHED
WENT, BACK = 1_795_000_000.0, 1_795_000_600.0


def a_host(name: str = "web-1", after: AfterOutage = UP) -> HostOutage:
    return HostOutage(
        name=name,
        last_answered_unix_seconds=WENT,
        seen_down_unix_seconds=WENT,
        back_unix_seconds=BACK if after is UP else None,
        after=after,
        times=1,
        down_seconds=0.0 if after is UNWATCHED else 600.0,
    )


def an_outage(*hosts: HostOutage, up: int = 5, total: int = 5) -> FleetOutage:
    return FleetOutage(job="marax", up=up, total=total, until_unix_seconds=BACK, hosts=hosts)


def lead_of(facts: object, *outages: FleetOutage) -> str:
    assert isinstance(facts, AlertFacts)
    text = RENDERER.render_alert(replace(facts, fleet_outages=outages)).text
    return " ".join(text.partition("The alert fired")[0].splitlines()[1:]).strip()


@pytest.mark.parametrize(
    ("outages", "lead"),
    [
        ((an_outage(up=1),), "Critical for 15 s: 4 of 5 hosts do not answer."),
        ((an_outage(up=0, total=1),), "Critical for 15 s: 1 of 1 host does not answer."),
        (
            (an_outage(up=4),),
            "Critical: most hosts did not answer when the alert fired; 4 of 5 hosts answer now.",
        ),
        (
            (an_outage(up=1, total=2),),
            "Critical: most hosts did not answer when the alert fired; 1 of 2 hosts answers now.",
        ),
        (
            (),
            "Critical: most hosts did not answer when the alert fired; whether they answer now is not known.",
        ),
        (
            (an_outage(up=0, total=0),),
            "Critical: most hosts did not answer when the alert fired; whether they answer now is not known.",
        ),
    ],
)
def test_says_of_now_only_what_is_so_now(outages, lead):
    assert lead_of(FIRING, *outages) == lead


@pytest.mark.parametrize(
    ("hosts", "lead"),
    [
        ((), "most hosts did not answer, but none of those that you watch was down."),
        ((a_host(),), "1 host that you watch was down, for 10 min; it answers again."),
        ((a_host(after=DOWN),), "1 host that you watch was down, for 10 min; 1 still does not answer."),
        (
            (a_host(), a_host("web-2")),
            "2 hosts that you watch were down, the longest for 10 min; all 2 answer again.",
        ),
        (
            (a_host(after=UNWATCHED), a_host("a", DOWN), a_host("b", DOWN)),
            "3 hosts that you watch were down, the longest for 10 min; "
            "2 still do not answer and 1 is not watched any more.",
        ),
    ],
)
def test_says_how_it_ended(hosts, lead):
    assert lead_of(OVER, an_outage(*hosts)) == f"Resolved: {lead}"


def test_a_long_list_is_cut_and_says_so():
    hosts = tuple(a_host(f"web-{number}") for number in range(1, 1001))
    assert isinstance(OVER, AlertFacts)

    rendered = RENDERER.render_alert(replace(OVER, fleet_outages=(an_outage(*hosts, total=1000),)))

    assert "1000 hosts that you watch were down" in rendered.text
    assert "\nweb-50 " in rendered.text
    assert "\nweb-51 " not in rendered.text
    assert "\nand 950 more\n" in rendered.text
    assert "and 950 more" in read(rendered.html).words


def test_hostile_values_do_no_harm():
    odd = HostOutage(
        name="<b>\u202eevil\n" * 50,
        last_answered_unix_seconds=float("nan"),
        seen_down_unix_seconds=float("inf"),
        back_unix_seconds=1e300,
        after=UP,
        times=10**30,
        down_seconds=float("inf"),
    )
    assert isinstance(OVER, AlertFacts)

    rendered = RENDERER.render_alert(replace(OVER, fleet_outages=(an_outage(odd),)))

    assert "<b>" not in rendered.html
    assert "not known" in rendered.text


def test_several_such_alerts_in_one_mail_have_a_table_each():
    assert isinstance(OVER, AlertFacts)
    outages = (an_outage(a_host()), replace(an_outage(a_host("db-1")), job="databases"))
    facts = replace(OVER, hosts=(OVER.hosts[0], OVER.hosts[0]), fleet_outages=outages)

    text = RENDERER.render_alert(facts).text

    assert "HOSTS OF JOB MARAX THAT DID NOT ANSWER" in text
    assert "HOSTS OF JOB DATABASES THAT DID NOT ANSWER" in text
