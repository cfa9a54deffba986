"""Bodies that others than Alertmanager and Grafana post, or that these are told to post, and the way out."""

from collections.abc import Collection

_WAY_OUT = (
    "Let Alertmanager post it by `webhook_configs` without `payload`, or Grafana by a contact point of type "
    "Webhook without a custom payload."
)
_OF_API = (
    "these are alerts as Prometheus sends them to Alertmanager. Send them to Alertmanager (`alerting` in "
    "prometheus.yml), and let one of its receivers post to this bridge."
)
_OF_OLD_GRAFANA = "this is of Grafana's legacy alerting, before version 9: use Grafana Alerting."
_KEYS = (
    ({"routing_key", "event_action", "service_key"}, "this is an event for PagerDuty."),
    ({"ruleId", "ruleName", "evalMatches"}, _OF_OLD_GRAFANA),
    ({"attachments", "blocks", "channel"}, "this is a message for Slack."),
)


def what_it_is(value: object) -> str:
    """Return what *value*, from `read_json`, is instead of a payload, and what to do; none of its texts."""
    if isinstance(value, list):
        is_of_api = any(isinstance(one, dict) and "labels" in one for one in value)
        return _OF_API if is_of_api else f"it is a list. {_WAY_OUT}"
    if not isinstance(value, dict):
        return f"it is no object. {_WAY_OUT}"
    return f"{_what_object(value)} {_WAY_OUT}"


def _what_object(value: Collection[str]) -> str:
    for keys, what in _KEYS:
        if not keys.isdisjoint(value):
            return what
    missing = [f"`{key}`" for key in ("version", "alerts") if key not in value]
    if missing:
        return f"it has no {' and no '.join(missing)}, as if by a template."
    return "`version` is not 4 (Alertmanager) or 1 (Grafana), or `alerts` is no list."
