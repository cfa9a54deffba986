"""What mails say of outages that were seen in part, that were several, or that Prometheus never saw begin."""

from dataclasses import replace

import pytest

from alertbridge.mail.facts import HostFacts, Kind
from alertbridge.mail.host_facts import OutageDetails
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.rendering.renderer import Renderer
from tests.builders import FIRED_UNIX_SECONDS, alert_facts, host_facts, reader

RENDERER = Renderer()
NOW = FIRED_UNIX_SECONDS + 15  # 13:02:30
SINCE = FIRED_UNIX_SECONDS - 75  # 13:01:00
BACK = FIRED_UNIX_SECONDS + 125  # 13:04:20
ENDED = BACK + 130
ONCE = OutageDetails(times_gone=1, first_gone_unix_seconds=SINCE)
LOST_IN_A_GAP = OutageDetails(gone_by_unix_seconds=SINCE + 60, unseen_seconds=60, times_gone=1)
BACK_IN_A_GAP = OutageDetails(still_gone_unix_seconds=BACK - 60, unseen_seconds=75, times_gone=1)
GAP_WITHIN = OutageDetails(unseen_seconds=80, times_gone=1)
NOT_SCRAPED = OutageDetails(still_gone_unix_seconds=NOW - 50, unseen_seconds=65, times_gone=1)
FLAPS = OutageDetails(times_gone=10, longest_seconds=9, first_gone_unix_seconds=SINCE - 20)
NEVER = OutageDetails(times_gone=1, never_since_unix_seconds=SINCE)
ROUGH = OutageDetails(is_rough=True, times_gone=1)


def down(since: float | None = SINCE, details: OutageDetails = ONCE, **changes) -> HostFacts:
    return host_facts(since_unix_seconds=since, outage=details, **changes)


def up(
    since: float | None = SINCE, details: OutageDetails = ONCE, back: float | None = BACK, **changes
) -> HostFacts:
    over = {"is_over": True, "ended_unix_seconds": ENDED, "back_unix_seconds": back}
    return down(since, details, **{**over, **changes})


def text(kind: Kind, *hosts: HostFacts, now: float = NOW) -> str:
    facts = alert_facts(kind, hosts=hosts, now_unix_seconds=now)
    said = " ".join(RENDERER.render(facts).text.split())
    return said.replace("Sun 22 Nov 2026, ", "").replace(" UTC", "")


@pytest.mark.parametrize(
    ("host", "words"),
    [
        (down(), "Down for 1 min 30 s. It last answered on 13:01:00. WHY"),
        (
            down(details=LOST_IN_A_GAP),
            "Down for at least 30 s, at most 1 min 30 s. It went down between 13:01:00 and 13:02:00; "
            "Prometheus did not scrape it in between. WHY",
        ),
        (
            down(details=GAP_WITHIN),
            "Down for at least 10 s, at most 1 min 30 s. It last answered on 13:01:00. "
            "For a part of this time Prometheus did not scrape it. WHY",
        ),
        (
            down(details=NOT_SCRAPED),
            "Down for at least 25 s, at most 1 min 30 s. It last answered on 13:01:00. "
            "Prometheus has not scraped it since 13:01:40; whether it is still down is not known. WHY",
        ),
        (
            down(details=FLAPS),
            "Down for 1 min 30 s. It last answered on 13:01:00. "
            "It has stopped answering 10 times since 13:00:40, for 9 s at the longest. WHY",
        ),
        (
            down(None, NEVER),
            "Down for at least 1 min 30 s. It has never answered, as far as Prometheus knows; "
            "the first scrape that it has stored was on 13:01:00. WHY",
        ),
        (down(details=ROUGH), "Down for about 1 min 30 s. It last answered on 13:01:00. WHY"),
        (
            down(None, OutageDetails()),
            "Down. The alert fired on 13:02:15. "
            "When it last answered is not known, only that it was before that. WHY",
        ),
        (
            down(back_unix_seconds=NOW - 5),
            "It was down for 1 min 25 s and answers again. It had last answered on 13:01:00. "
            "It answered again on 13:02:25. WHY",
        ),
    ],
)
def test_says_since_when_a_host_is_down(host, words):
    assert words in text(Kind.DOWN, host)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        (
            up(),
            "Up again after 3 min 20 s. It had last answered on 13:01:00. "
            "It answered again on 13:04:20. WHAT",
        ),
        (
            up(details=LOST_IN_A_GAP),
            "Up again after at least 2 min 20 s, at most 3 min 20 s. "
            "It went down between 13:01:00 and 13:02:00; Prometheus did not scrape it in between. "
            "It answered again on 13:04:20. WHAT",
        ),
        (
            up(details=BACK_IN_A_GAP),
            "Up again after at least 2 min 5 s, at most 3 min 20 s. It had last answered on 13:01:00. "
            "It came back between 13:03:20 and 13:04:20; Prometheus did not scrape it in between. WHAT",
        ),
        (
            up(details=GAP_WITHIN),
            "Up again after at least 2 min, at most 3 min 20 s. It had last answered on 13:01:00. "
            "It answered again on 13:04:20. For a part of this time Prometheus did not scrape it. WHAT",
        ),
        (
            up(details=FLAPS),
            "Up again: within 3 min 20 s it stopped answering 10 times, for 9 s at the longest. "
            "Before the first time it had last answered on 13:01:00. "
            "After the last time it answered again on 13:04:20. WHAT",
        ),
        (
            up(None, NEVER),
            "Up for the first time: it did not answer for at least 3 min 20 s. It had never answered before, "
            "as far as Prometheus knows; the first scrape that it has stored was on 13:01:00. "
            "It answered for the first time on 13:04:20. WHAT",
        ),
        (
            up(None, OutageDetails(), None),
            "Up again after about 4 min 15 s. The alert fired on 13:02:15; the host went down before that. "
            "The alert was resolved on 13:06:30; when the host answered again is not known. WHAT",
        ),
    ],
)
def test_says_how_long_a_host_was_down(host, words):
    assert words in text(Kind.UP, host, now=ENDED)


def test_a_host_whose_last_answer_may_be_anywhere_is_told_with_no_time():
    host = down(None, OutageDetails(is_rough=True))

    assert "fired on 13:02:15. When it last answered is not known. WHY" in text(Kind.DOWN, host)
    assert "web-1 DOWN not known not known" in text(Kind.DOWN, host, down(name="web-2"))


@pytest.mark.parametrize(
    ("kind", "host", "ahead"),
    [
        (Kind.WARN, down(None, means_down=False, fired_unix_seconds=NOW + 3600), "1 h"),
        (Kind.OK, up(None, means_down=False, fired_unix_seconds=NOW - 1), "4 min"),
        (Kind.DOWN, down(since=NOW + 30, fired_unix_seconds=NOW), "30 s"),
        (Kind.DOWN, down(since=NOW + 9, fired_unix_seconds=NOW), None),
        (Kind.DOWN, down(ended_unix_seconds=NOW + 240), None),
    ],
)
def test_a_time_that_is_yet_to_come_is_told_as_a_clock_that_is_wrong(kind, host, ahead):
    said = text(kind, host)

    assert ("compare the clocks" in said) is (ahead is not None)
    assert ahead is None or f"Times in this mail are up to {ahead} ahead of the clock of the bridge" in said


def test_a_storm_tells_of_a_host_that_is_up_since_when_it_is_up():
    said = text(Kind.DOWN, down(), up(name="web-2"), up(back=None, name="web-3"), now=ENDED)

    assert "web-1 DOWN 13:01:00 not known" in said
    assert "web-2 up 13:04:20 was down for 3 min 20 s" in said
    assert "web-3 up about 13:06:30 was down for about 5 min 30 s" in said


def test_a_storm_does_not_tell_as_down_what_answers_again_before_its_alert_ends():
    back = down(name="web-2", back_unix_seconds=NOW - 5)

    some, all_of_them = text(Kind.DOWN, back, down()), text(Kind.DOWN, back, replace(back, name="web-3"))

    assert "Down: 1 of 2 hosts, the first for 1 min 30 s." in some
    assert "web-1 DOWN 13:01:00 not known web-2 up 13:02:25 was down for 1 min 25 s" in some
    assert "No longer down: 2 hosts." in all_of_them


def test_a_storm_tells_of_gaps_flaps_and_hosts_that_never_answered():
    hosts = (down(details=LOST_IN_A_GAP), down(details=FLAPS, name="web-2"), down(None, NEVER, name="web-3"))

    said = text(Kind.DOWN, *hosts)

    assert "Down: 3 hosts, the first for about 1 min 30 s." in said
    assert "web-1 DOWN 13:01:00 not known Went down between 13:01:00 and 13:02:00." in said
    assert "web-2 DOWN 13:01:00 not known Stopped answering 10 times, for 9 s at the longest." in said
    assert (
        "web-3 DOWN before 13:01:00 not known Never answered before; first stored scrape: 13:01:00." in said
    )


def test_the_end_of_a_storm_tells_how_long_each_was_down_at_least_and_at_most():
    said = text(
        Kind.UP, up(details=BACK_IN_A_GAP), up(details=FLAPS, name="web-2"), down(name="web-3"), now=ENDED
    )

    assert "web-1 up 2 min 5 s to 3 min 20 s not known Came back between 13:03:20 and 13:04:20." in said
    assert "web-2 up up to 3 min 20 s not known Stopped answering 10 times, for 9 s at the longest." in said
    assert "web-3 DOWN 5 min 30 s so far -" in said


def summary(kind: Kind, *hosts: HostFacts, missing: tuple[str, ...] = ()) -> str:
    facts = SummaryFacts(
        kind=kind,
        incident_id="m7t2xw9",
        news=hosts if kind is Kind.DIGEST else (),
        already_reported=() if kind is Kind.DIGEST else hosts,
        reader=reader(),
        now_unix_seconds=ENDED + 3600,
        missing=missing,
    )
    return " ".join(RENDERER.render(facts).text.split())


def test_a_digest_tells_the_times_of_the_scrapes():
    busy = up(name="db-1", means_down=False, summary="CPU above 90 %.", severity="warning")

    said = summary(Kind.DIGEST, up(), busy, up(None, OutageDetails(), None, name="web-2"))

    assert "The first to go down last answered on Sun 22 Nov 2026, 13:01:00 UTC." in said
    assert "web-1 13:01:00 13:04:20 3 min 20 s critical: host not answering" in said
    assert "db-1 13:02:15 13:06:30 4 min 15 s warning: CPU above 90 %." in said
    assert "web-2 about 13:02:15 about 13:06:30 about 4 min 15 s critical: host not answering" in said


def test_a_digest_tells_what_nobody_saw():
    said = summary(Kind.DIGEST, up(details=LOST_IN_A_GAP), up(details=BACK_IN_A_GAP, name="web-2"))

    assert "web-1 about 13:01:00 13:04:20 2 min 20 s to 3 min 20 s" in said
    assert "host not answering. Went down between 13:01:00 and 13:02:00." in said
    assert "web-2 13:01:00 about 13:04:20 2 min 5 s to 3 min 20 s" in said
    assert "host not answering. Came back between 13:03:20 and 13:04:20." in said


def test_a_reminder_tells_since_when_a_host_is_down_and_whether_it_is_back_already():
    back = down(name="web-2", back_unix_seconds=BACK)

    said = summary(Kind.REMINDER, down(), back, down(None, OutageDetails(), name="web-3"))

    assert "the oldest for 1 h 5 min." in said
    assert "web-1 critical 13:01:00 1 h 5 min host not answering" in said
    assert "web-2 critical 13:01:00 3 min 20 s host not answering. Answers again since 13:04:20." in said
    assert "web-3 critical about 13:02:15 about 1 h 4 min host not answering" in said


def test_a_summary_says_why_it_lacks_the_times_of_the_scrapes():
    why = "Could not get the time of the last answer from Prometheus: no answer in time."

    assert f"NOT AVAILABLE {why}" in summary(Kind.DIGEST, up(), missing=(why,))
