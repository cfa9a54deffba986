"""What Prometheus is asked about ends, and what its answers come to."""

from alertbridge.alerts.proof import Evidence, NoEvidence, Target
from alertbridge.prometheus.evidence import PrometheusWitness
from alertbridge.prometheus.settings import HttpUrl
from scripts.stack.ports import free_addresses

UP = {"job": "marax", "host": "web-1", "instance": "web-1:9877"}
ALERT = {"alertname": "HostDown", **UP}
ASKED = [{**ALERT, "cluster": "berlin"}]


def answer(*rows: dict[str, object]) -> dict[str, object]:
    return {"status": "success", "data": {"result": list(rows)}}


def what_is_known(serve, *, active, newest_scrape, present=(), scrapes=()) -> Evidence | NoEvidence:
    address = serve(
        {
            "/api/v1/query?query=timestamp%28ALERTS": answer(*active),
            "/api/v1/query?query=max%28timestamp": answer(*newest_scrape),
            "/api/v1/query?query=up%7Binstance%3D~%22web%5C%5C-1%3A9877%22%7D%5B": answer(*scrapes),
            "/api/v1/query?query=up": answer(*present),
        }
    )
    return PrometheusWitness(HttpUrl.from_setting(f"http://{address}")).testify(ASKED, "Watchdog")


def test_tells_the_newest_evaluation_what_is_active_and_how_targets_answer(serve):
    evidence = what_is_known(
        serve,
        active=[
            {"metric": {"alertname": "Watchdog", "alertstate": "firing"}, "value": [100, "95"]},
            {"metric": {**ALERT, "alertstate": "pending"}, "value": [100, "99"]},
        ],
        newest_scrape=[{"metric": {}, "value": [100, "98"]}],
        present=[{"metric": {"__name__": "up", **UP}, "value": [100, "1"]}],
        scrapes=[{"metric": {"__name__": "up", **UP}, "values": [[60, "0"], [75, "1"], [90, "1"]]}],
    )

    assert evidence == Evidence(
        evaluated_unix_seconds=95,
        active=({"alertname": "Watchdog"}, ALERT),
        targets=(Target(labels=UP, scraped_unix_seconds=90, is_up=True, back_unix_seconds=75),),
    )


def test_a_target_that_is_gone_is_none_though_its_scrapes_are_there(serve):
    evidence = what_is_known(
        serve,
        active=[],
        newest_scrape=[{"metric": {}, "value": [100, "98"]}],
        scrapes=[{"metric": {"__name__": "up", **UP}, "values": [[60, "0"]]}],
    )

    assert evidence == Evidence(evaluated_unix_seconds=98)


def test_a_prometheus_that_does_nothing_is_no_witness(serve):
    evidence = what_is_known(serve, active=[], newest_scrape=[])

    assert evidence == NoEvidence(reason="Prometheus neither evaluates rules nor scrapes anything")


def test_says_why_prometheus_cannot_be_asked():
    (address,) = free_addresses(1)
    witness = PrometheusWitness(HttpUrl.from_setting(f"http://{address}"))

    assert witness.testify(ASKED, "Watchdog") == NoEvidence(
        reason="Prometheus cannot be asked: connection refused"
    )
