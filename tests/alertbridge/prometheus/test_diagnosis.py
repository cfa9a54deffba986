"""What has stopped, as found from small servers that answer as Prometheus and Alertmanager do."""

from alertbridge.prometheus.diagnosis import diagnose
from alertbridge.prometheus.settings import HttpUrl
from scripts.stack.ports import free_addresses


def prometheus(*, fires: bool = True, alertmanagers: tuple[str, ...] = ()) -> dict[str, object]:
    row = {"metric": {"alertname": "Watchdog"}, "value": [1, "1"]}
    active = [{"url": f"http://{address}/api/v2/alerts"} for address in alertmanagers]
    return {
        "/api/v1/query": {"status": "success", "data": {"result": [row] if fires else []}},
        "/api/v1/alertmanagers": {"status": "success", "data": {"activeAlertmanagers": active}},
    }


def diagnosis(*addresses: str) -> str:
    return diagnose([HttpUrl.from_setting(f"http://{address}") for address in addresses], "Watchdog")


def test_says_that_it_cannot_tell_without_prometheus():
    assert diagnose((), "Watchdog").startswith("Which part has stopped is not known")


def test_says_that_prometheus_does_not_answer():
    (address,) = free_addresses(1)

    assert diagnosis(address) == f"Prometheus does not answer at http://{address}: connection refused."


def test_says_that_the_heartbeat_does_not_fire(serve):
    assert "Watchdog is not firing" in diagnosis(serve(prometheus(fires=False)))


def test_says_that_prometheus_has_nobody_to_tell(serve):
    assert "Prometheus has no Alertmanager to notify" in diagnosis(serve(prometheus()))


def test_says_which_alertmanager_does_not_answer(serve):
    here = serve({"/-/healthy": "OK"})
    (away,) = free_addresses(1)

    said = diagnosis(serve(prometheus(alertmanagers=(here, away))))

    assert said == f"Prometheus answers; Alertmanager does not, at {away}."


def test_says_that_the_way_between_is_broken(serve):
    alertmanager = serve({"/-/healthy": "OK"})

    assert "the path from there to this bridge is broken" in diagnosis(
        serve(prometheus(alertmanagers=(alertmanager,)))
    )


def test_an_address_that_cannot_be_read_is_no_surprise(serve):
    answers = prometheus()
    answers["/api/v1/alertmanagers"] = {"data": {"activeAlertmanagers": [{"url": "ftp://\x00"}]}}

    assert "does not, at an invalid address" in diagnosis(serve(answers))


def test_says_of_each_of_several_what_is_wrong_with_it(serve):
    (away,) = free_addresses(1)
    idle = serve(prometheus(fires=False))

    said = diagnosis(away, idle)

    assert said == (
        f"http://{away}: Prometheus does not answer at http://{away}: connection refused."
        f" http://{idle}: Prometheus answers, but Watchdog is not firing: its rule is missing or not loaded."
    )


def test_says_once_what_is_so_of_all(serve):
    servers = [serve(prometheus(fires=False)) for _ in range(2)]

    assert diagnosis(*servers) == diagnosis(servers[0])
