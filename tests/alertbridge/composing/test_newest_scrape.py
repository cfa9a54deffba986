"""What the newest scrape proves at the moment of sending, and what it does not."""

import pytest

from alertbridge.composing.newest_scrape import answers_again, answers_no_longer
from alertbridge.prometheus.findings import NewestScrape

FIRED, NOW = 1_000.0, 1_300.0


def answered(at: float, since: float | None) -> NewestScrape:
    return NewestScrape(unix_seconds=at, is_answered=True, since_unix_seconds=since)


def failed(at: float) -> NewestScrape:
    return NewestScrape(unix_seconds=at, is_answered=False)


@pytest.mark.parametrize(
    ("newest", "does_answer"),
    [
        (None, False),
        (answered(1_290.0, 1_100.0), True),
        (answered(1_290.0, 999.0), True),
        (answered(1_310.0, 1_100.0), True),
        (failed(1_290.0), False),
        (answered(1_290.0, None), False),
        (answered(1_290.0, 500.0), False),
        (answered(1_100.0, 1_050.0), False),
        (answered(1_500.0, 1_050.0), False),
    ],
    ids=[
        "nothing known",
        "back since",
        "answered at the moment of the alert",
        "a clock that is ahead",
        "failed",
        "answered all the time",
        "answered long before the alert",
        "an old scrape",
        "a scrape of tomorrow",
    ],
)
def test_a_host_answers_again_only_by_a_fresh_scrape_after_its_alert(newest, does_answer):
    assert answers_again(newest, FIRED, NOW) is does_answer


def test_a_scrape_before_the_alert_proves_nothing():
    assert not answers_again(answered(995.0, 990.0), FIRED, 1_001.0)


@pytest.mark.parametrize(
    ("newest", "back", "is_gone"),
    [
        (None, 1_100.0, False),
        (failed(1_290.0), 1_100.0, True),
        (failed(1_290.0), None, False),
        (failed(1_290.0), 1_290.0, False),
        (failed(1_100.0), 1_050.0, False),
        (answered(1_290.0, 1_200.0), 1_100.0, False),
    ],
    ids=["nothing known", "gone", "never back", "failed before", "an old scrape", "answered"],
)
def test_a_host_is_gone_again_only_by_a_fresh_scrape_after_its_return(newest, back, is_gone):
    assert answers_no_longer(newest, back, NOW) is is_gone


def test_an_alert_that_goes_on_for_long_is_not_about_whether_the_host_answers():
    assert answers_again(answered(1_990.0, 1_100.0), FIRED, 2_000.0)
    assert not answers_again(answered(2_000.0, 1_099.0), FIRED, 2_000.0)
