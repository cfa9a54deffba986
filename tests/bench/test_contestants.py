from pathlib import Path

import psutil
import pytest

from bench.contestants import marax
from bench.visitor import settings_for_visitor, visit


@pytest.mark.alone
def test_runs_the_real_exporter_and_counts_what_a_scrape_costs(tmp_path: Path):
    with marax(tmp_path) as ours:
        samples = ours.scraping.samples()
        seconds = ours.seconds_per_scrape(3)

    assert samples["marax_collector_success", (("collector", "groups"),)] == 1
    assert 0 < seconds < 1
    assert not psutil.pid_exists(ours.pid)


@pytest.mark.alone
def test_runs_the_exporter_with_a_collector_that_is_stuck(tmp_path: Path):
    with marax(tmp_path, stuck=True) as ours:
        took_seconds = ours.scraping.get(timeout_seconds=1.0)
        samples = ours.scraping.samples(timeout_seconds=1.0)

    assert took_seconds >= 0.4
    assert samples["marax_collector_success", (("collector", "load"),)] == 0
    assert samples["marax_collector_success", (("collector", "cpu"),)] == 1


def test_a_visitor_uses_all_that_is_behind_the_login(tmp_path: Path):
    with marax(tmp_path, settings=settings_for_visitor(tmp_path)) as ours:
        visit(ours.address)
        samples = ours.scraping.samples()

    runs = {labels: value for (name, labels), value in samples.items() if name == "marax_command_runs_total"}
    assert sum(runs.values()) == 2
