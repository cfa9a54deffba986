import json

from alertbridge.fleet.table import closing_line, fleet_json, fleet_table
from alertbridge.mail.host_facts import HostState, LastValues


def an_up_host(name: str = "web-1") -> HostState:
    return HostState(
        name=name,
        address=f"{name}:9877",
        is_up=True,
        reason="",
        values=LastValues(cpu_ratio=0.126, memory_ratio=0.5, memory_total_bytes=16e9, load1=1.5, cpus=4),
        uptime_seconds=93_600,
        answer_seconds=0.004,
    )


def a_down_host(name: str = "db-1", reason: str = "connection refused") -> HostState:
    return HostState(
        name=name,
        address=f"{name}:9877",
        is_up=False,
        reason=reason,
        values=None,
        uptime_seconds=None,
        answer_seconds=5.0,
    )


def test_puts_failed_hosts_first_and_closes_with_the_count():
    table = fleet_table([an_up_host(), a_down_host()], in_colour=False)

    assert table.splitlines() == [
        "HOST   STATE   CPU   RAM  LOAD   UPTIME  ANSWER  REASON",
        "db-1   DOWN      -     -     -        -  5.00 s  connection refused",
        "web-1  up     13 %  50 %  1.50  1 d 2 h  0.00 s",
        "1 of 2 hosts up",
    ]


def test_colours_only_when_told_to():
    states = [an_up_host(), a_down_host()]

    assert "\x1b" not in fleet_table(states, in_colour=False)
    assert "\x1b[31mdb-1" in fleet_table(states, in_colour=True)


def test_nothing_from_outside_moves_the_cursor_or_forges_a_line():
    forger = a_down_host(name="db\x1b[2J", reason="gone\r\nweb-9 up\u202e\x9b1m\u2028")

    table = fleet_table([forger], in_colour=False)

    assert len(table.splitlines()) == 3
    assert all(character.isprintable() for character in table.replace("\n", ""))


def test_says_that_there_are_no_hosts():
    assert fleet_table([], in_colour=False) == "no hosts in the settings"


def test_counts_one_host_as_one():
    assert closing_line([an_up_host()]) == "1 of 1 host up"


def test_json_names_its_units_and_keeps_the_order():
    states = json.loads(fleet_json([an_up_host(), a_down_host()]))

    assert states == [
        {
            "name": "web-1",
            "address": "web-1:9877",
            "state": "up",
            "reason": "",
            "cpu_ratio": 0.126,
            "memory_ratio": 0.5,
            "memory_total_bytes": 16e9,
            "load1": 1.5,
            "cpus": 4,
            "uptime_seconds": 93_600,
            "answer_seconds": 0.004,
        },
        {
            "name": "db-1",
            "address": "db-1:9877",
            "state": "down",
            "reason": "connection refused",
            "cpu_ratio": None,
            "memory_ratio": None,
            "memory_total_bytes": None,
            "load1": None,
            "cpus": None,
            "uptime_seconds": None,
            "answer_seconds": 5.0,
        },
    ]
