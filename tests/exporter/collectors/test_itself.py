from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.collectors.itself import AccessCollector
from tests.exporter.access.kit import USERS, Site, bearer


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.auth.close()


def samples(site: Site) -> dict[tuple[str, ...], float]:
    metrics = AccessCollector(site.auth).collect()
    return {(s.name, *s.labels.values()): s.value for metric in metrics for s in metric.samples}


def test_tells_every_reason_from_the_start(site: Site):
    found = samples(site)

    assert {key[1] for key in found if len(key) > 1} == {
        "wrong_login",
        "throttled",
        "busy",
        "no_token",
        "bad_token",
        "expired_token",
        "revoked_token",
        "low_role",
    }
    assert set(found.values()) == {0}


def test_counts_what_happens_at_the_door(site: Site):
    token = site.token()
    site.log_in("ann", "wrong")
    site.log_in("ann", "wrong")
    site.ask("GET", "/stats")
    site.ask("GET", "/stats", headers=bearer("x"))
    site.ask("POST", "/logout", headers=bearer(token))
    site.ask("GET", "/stats", headers=bearer(token))

    assert {key: n for key, n in samples(site).items() if n} == {
        ("marax_logins_total",): 1,
        ("marax_tokens_revoked_total",): 1,
        ("marax_auth_failures_total", "wrong_login"): 1,
        ("marax_auth_failures_total", "throttled"): 1,
        ("marax_auth_failures_total", "no_token"): 1,
        ("marax_auth_failures_total", "bad_token"): 1,
        ("marax_auth_failures_total", "revoked_token"): 1,
    }


def test_says_nothing_without_users_and_goes_on_when_they_are_back(site: Site):
    site.token()
    site.users = ()
    site.reload()
    assert samples(site) == {}

    site.users = USERS
    site.reload()
    assert samples(site)[("marax_logins_total",)] == 1
