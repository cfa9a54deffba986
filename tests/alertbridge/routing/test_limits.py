"""How much of the limit each kind of mail may use."""

import pytest

from alertbridge.routing.limits import LimitSettings, Use


@pytest.mark.parametrize(
    ("mails_per_hour", "critical", "digest", "other"),
    [(1, 1, 1, 1), (2, 2, 1, 1), (3, 3, 2, 2), (6, 6, 4, 3), (30, 30, 20, 16), (300, 300, 200, 196)],
)
def test_a_third_is_kept_for_critical_alerts_and_a_few_for_digests(mails_per_hour, critical, digest, other):
    limits = LimitSettings(mails_per_hour=mails_per_hour)

    assert [limits.allowed(use) for use in Use] == [critical, digest, other]


@pytest.mark.parametrize(("mails_per_hour", "minutes"), [(1, 0), (6, 60), (30, 15), (300, 15)])
def test_digests_are_spread_over_the_hour(mails_per_hour, minutes):
    assert LimitSettings(mails_per_hour=mails_per_hour).digest_seconds == minutes * 60
