from alertbridge.prometheus.answers import NotKnown
from alertbridge.prometheus.firing import FiringInPrometheus
from alertbridge.prometheus.settings import HttpUrl
from scripts.stack.ports import free_addresses


def firing(*addresses: str, unix_seconds: float | None = None):
    urls = [HttpUrl.from_setting(f"http://{address}") for address in addresses]
    return FiringInPrometheus(urls).at(unix_seconds)


def test_tells_the_labels_of_each_alert_without_those_of_the_series(serve):
    labels = {"__name__": "ALERTS", "alertstate": "firing", "alertname": "HostDown", "host": "web-1"}
    result = [{"metric": labels, "value": [1, "1"]}]
    address = serve({"/api/v1/query": {"status": "success", "data": {"result": result}}})

    assert firing(address) == ({"alertname": "HostDown", "host": "web-1"},)
    assert firing(address, unix_seconds=1.0) == firing(address)


def test_says_when_prometheus_cannot_be_asked():
    (address,) = free_addresses(1)

    assert firing(address) == NotKnown(reason="connection refused")


def test_what_fires_in_one_of_several_fires(serve):
    first, second = (
        serve(
            {
                "/api/v1/query": {
                    "data": {"result": [{"metric": {"alertname": name}, "value": [1, "1"]} for name in names]}
                }
            }
        )
        for names in (("HostDown", "Watchdog"), ("Watchdog",))
    )
    (away,) = free_addresses(1)

    assert firing(second, away, first) == ({"alertname": "Watchdog"}, {"alertname": "HostDown"})
