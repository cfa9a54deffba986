"""What Grafana's own webhook, version 1, says of an alert beside what Alertmanager does.

Source: "Configure webhook notifications" in Grafana's manual. All else is as in Alertmanager's version 4.
"""

from collections.abc import Iterable, Mapping

from alertbridge.alerts.lenient_json import Number, text_of

_VALUES_AT_MOST = 20
_LINKS = {"dashboardURL": "dashboard_url", "panelURL": "panel_url"}


def with_its_annotations(alert: object) -> object:
    """Return *alert*, from `read_json`, with its values and links among its annotations.

    An annotation that the rule itself has by that name stays as it is.
    """
    if not isinstance(alert, dict):
        return alert
    own = alert.get("annotations")
    return {**alert, "annotations": dict(_annotations(alert)) | (own if isinstance(own, dict) else {})}


def _annotations(alert: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    values = _values(alert.get("values")) or text_of(alert.get("valueString"))
    if values:
        yield "values", values
    for key, name in _LINKS.items():
        link = alert.get(key)
        if link and isinstance(link, str) and not isinstance(link, Number):
            yield name, link


def _values(values: object) -> str:
    if not isinstance(values, dict):
        return ""
    shown = [f"{name} = {text_of(value) or 'no value'}" for name, value in values.items()]
    more = [f"and {len(shown) - _VALUES_AT_MOST} more"] if len(shown) > _VALUES_AT_MOST else []
    return ", ".join([*shown[:_VALUES_AT_MOST], *more])
