"""What becomes of the alerts of public rule sets, from Alertmanager's payload to the mail.

The payloads in `tests/data/alerts/` bear the labels and annotations that the rules of each family set.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.payload import parse_payload
from alertbridge.composing.composer import MailComposer
from alertbridge.delivery.composed_mail import ComposedMail
from alertbridge.mail.mail import Mail
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.reported import ReportedEpisode
from alertbridge.prometheus.findings import Findings, HostFindings, Subject
from alertbridge.rendering.renderer import Renderer
from alertbridge.routing.alert_host import known_hosts
from alertbridge.routing.recipients import Routing
from alertbridge.routing.severities import is_never_mailed
from marax.settings.addresses import Address
from tests.alertbridge.alert_builders import a_user
from tests.fakes.clock import FakeClock

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
NOW = 1_795_352_550.0  # 15 s after they fired
GRAPH = "http://mon-1.example.org:9090/graph?g0.expr=up&g0.tab=1"
RENDERER = Renderer()
ROUTING = Routing(
    users=(
        a_user("ann", hosts=("web-*", "db-*")),
        a_user("kim", hosts=("shop.*", "worker-*", "2001:db8::*"), severities=("critical", "warning")),
        a_user("ops", hosts=("esx-*", "192.0.2.*"), is_admin=True),
    ),
    hosts=known_hosts(
        {"web-1": Address("web-1.example.org", 9877), "db-1": Address("db-1.example.org", 9877)}
    ),
    down_alerts=("HostDown", "InstanceDown"),
    storm_hosts=5,
    storm_window_seconds=120.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an alert comes to.

    Attributes:
        host: The host that it is about; empty for none.
        subject: Of the mail while it fires.
        headline: The headline of the mail.
        labels: Those that the mail shows in a table.
        notified: Who gets it.
        steps: The commands to type.
        links: The runbook and the graph.
        shown: What else the mail must say.
    """

    host: str
    subject: str
    headline: str
    labels: Mapping[str, str]
    notified: Sequence[str]
    steps: Sequence[str] = ()
    links: Sequence[str] = (GRAPH,)
    shown: Sequence[str] = ()


TABLE: dict[tuple[str, str], Expected] = {
    ("node-exporter-mixin", "NodeFilesystemAlmostOutOfSpace"): Expected(
        host="web-1",
        subject="[CRITICAL] web-1: Filesystem has less than 3% space left.",
        headline="web-1: Filesystem has less than 3% space left (critical)",
        notified=["ann"],
        links=[
            "https://runbooks.prometheus-operator.dev/runbooks/node/nodefilesystemalmostoutofspace",
            GRAPH,
        ],
        shown=["mounted on /var"],
        labels={"device": "/dev/sda1", "fstype": "ext4", "job": "node", "mountpoint": "/var"},
    ),
    ("node-exporter-mixin", "NodeClockNotSynchronising"): Expected(
        host="10.0.9.4",
        subject="[WARN] 10.0.9.4: Clock not synchronising.",
        headline="10.0.9.4: Clock not synchronising (warning)",
        notified=["ops"],
        links=["https://runbooks.prometheus-operator.dev/runbooks/node/nodeclocknotsynchronising", GRAPH],
        shown=["no user's hosts and severities match this alert, so it goes to the admins"],
        labels={"job": "node"},
    ),
    ("blackbox-exporter", "BlackboxProbeFailed"): Expected(
        host="shop.example.org",
        subject="[CRITICAL] shop.example.org: Blackbox probe failed (instance https://shop.e...",
        headline=(
            "shop.example.org: Blackbox probe failed (instance https://shop.example.org/health) (critical)"
        ),
        notified=["kim"],
        shown=["instance https://shop.example.org/health"],
        labels={"job": "blackbox"},
    ),
    ("blackbox-exporter", "BlackboxSslCertificateWillExpireSoon"): Expected(
        host="2001:db8::17",
        subject="[WARN] 2001:db8::17: Blackbox SSL certificate will expire soon (instanc...",
        headline=(
            "2001:db8::17: Blackbox SSL certificate will expire soon (instance"
            " https://[2001:db8::17]:8443/) (warning)"
        ),
        notified=["kim"],
        labels={"job": "blackbox"},
    ),
    ("blackbox-exporter", "BlackboxProbeSlowPing"): Expected(
        host="2001:db8::9",
        subject="[WARN] 2001:db8::9: Blackbox probe slow ping (instance 2001:db8::9)",
        headline="2001:db8::9: Blackbox probe slow ping (instance 2001:db8::9) (warning)",
        notified=["kim"],
        labels={"job": "icmp", "severity": "P3"},
    ),
    ("kube-prometheus", "KubePodCrashLooping"): Expected(
        host="10.244.0.12",
        subject="[WARN] 10.244.0.12: Pod is crash looping.",
        headline="10.244.0.12: Pod is crash looping (warning)",
        notified=["ops"],
        links=["https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubepodcrashlooping", GRAPH],
        shown=["Pod shop/cart-6d5f7c-x2x9k (cart) is in waiting state"],
        labels={
            "container": "cart",
            "endpoint": "https-main",
            "job": "kube-state-metrics",
            "namespace": "shop",
            "pod": "cart-6d5f7c-x2x9k",
            "prometheus": "monitoring/k8s",
            "reason": "CrashLoopBackOff",
            "service": "kube-state-metrics",
            "uid": "3c0b",
        },
    ),
    ("kube-prometheus", "KubeNodeUnreachable"): Expected(
        host="worker-3",
        subject="[WARN] worker-3: Node is unreachable.",
        headline="worker-3: Node is unreachable (warning)",
        notified=["kim"],
        links=["https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubenodeunreachable", GRAPH],
        labels={
            "effect": "NoSchedule",
            "key": "node.kubernetes.io/unreachable",
            "node": "worker-3",
            "prometheus": "monitoring/k8s",
        },
    ),
    ("kube-prometheus", "TargetDown"): Expected(
        host="",
        subject="[WARN] TargetDown: One or more targets are unreachable.",
        headline="TargetDown: One or more targets are unreachable (warning)",
        notified=["ann", "kim", "ops"],
        links=["https://runbooks.prometheus-operator.dev/runbooks/general/targetdown", GRAPH],
        shown=["50% of the coredns/kube-dns targets"],
        labels={
            "job": "coredns",
            "namespace": "kube-system",
            "prometheus": "monitoring/k8s",
            "service": "kube-dns",
        },
    ),
    ("snmp-exporter", "SNMPTargetInterfaceDown"): Expected(
        host="192.0.2.7",
        subject="[WARN] 192.0.2.7: Network interface on SNMP target is down.",
        headline="192.0.2.7: Network interface on SNMP target is down (warning)",
        notified=["ops"],
        shown=["GigabitEthernet0/1"],
        labels={
            "ifAlias": "uplink to sw-2",
            "ifDescr": "GigabitEthernet0/1",
            "ifIndex": "10101",
            "job": "snmp",
        },
    ),
    ("snmp-exporter", "InstanceDown"): Expected(
        host="192.0.2.8",
        subject="[CRITICAL] snmp on 192.0.2.8: not answering",
        headline="snmp on 192.0.2.8: not answering (critical)",
        notified=["ops"],
        labels={"job": "snmp", "module": "if_mib", "severity": "major"},
    ),
    ("mysqld-exporter", "InstanceDown mysqld"): Expected(
        host="db-1",
        subject="[CRITICAL] mysqld on db-1: not answering",
        headline="mysqld on db-1: not answering (critical)",
        notified=["ann"],
        shown=["scraped at db-1.example.org:9104"],
        labels={"job": "mysqld"},
    ),
    ("mysqld-exporter", "InstanceDown node"): Expected(
        host="db-1",
        subject="[CRITICAL] node on db-1: not answering",
        headline="node on db-1: not answering (critical)",
        notified=["ann"],
        labels={"job": "node"},
    ),
    ("mysqld-exporter", "MysqlTooManyConnections"): Expected(
        host="db-1",
        subject="[WARN] db-1: MySQL too many connections (> 80%) (instance db-1.example....",
        headline="db-1: MySQL too many connections (> 80%) (instance db-1.example.org:9104) (warning)",
        notified=["ann"],
        links=["https://wiki.example.org/mysql/connections", GRAPH],
        labels={"job": "mysqld"},
    ),
    ("victoriametrics-vmalert", "DiskRunsOutOfSpace"): Expected(
        host="vm-1",
        subject="[CRITICAL] vm-1: Instance vm-1:8482 will run out of disk space soon",
        headline="vm-1: Instance vm-1:8482 will run out of disk space soon (critical)",
        notified=["ops"],
        links=["http://vmalert-1.example.org:8880/vmalert/alert?group_id=12&alert_id=34"],
        labels={"alertgroup": "vmcluster", "job": "vmstorage", "path": "/storage"},
    ),
    ("victoriametrics-vmalert", "TooManyLogs"): Expected(
        host="vmagent-1",
        subject='[CRITICAL] vmagent-1: Too many logs printed for job "vmagent" (vmagent-1:8429)',
        headline='vmagent-1: Too many logs printed for job "vmagent" (vmagent-1:8429) (critical)',
        notified=["ops"],
        links=["http://vmalert-1.example.org:8880/vmalert/alert?group_id=13&alert_id=35"],
        labels={"alertgroup": "vm-health", "job": "vmagent", "level": "error", "severity": "error"},
    ),
    ("grafana-managed", "High latency"): Expected(
        host="web-1",
        subject="[CRITICAL] web-1: The 99th percentile is above 2 s",
        headline="web-1: The 99th percentile is above 2 s (critical)",
        notified=["ann"],
        links=["https://grafana.example.org/alerting/grafana/fe1x9q/view?orgId=1"],
        labels={"__alert_rule_uid__": "fe1x9q", "grafana_folder": "Shop", "severity": "high"},
    ),
    ("grafana-managed", "DatasourceNoData"): Expected(
        host="",
        subject="[WARN] DatasourceNoData",
        headline="DatasourceNoData (warning)",
        notified=["ann", "kim", "ops"],
        links=["https://grafana.example.org/alerting/grafana/fe2z7r/view?orgId=1"],
        shown=["No order in the last 10 min"],
        labels={
            "datasource_uid": "P1",
            "grafana_folder": "Shop",
            "ref_id": "A",
            "rulename": "Orders per minute",
        },
    ),
    ("grafana-managed", "Диск"): Expected(
        host="web-1",
        subject="[WARN] web-1: Место на диске заканчивается",
        headline="web-1: Место на диске заканчивается (warning)",
        notified=["ann"],
        links=["https://grafana.example.org/alerting/grafana/fe3w2k/view?orgId=1"],
        shown=['The severity "критично" is unknown to marax and counts as a warning.'],
        labels={"__alert_rule_uid__": "fe3w2k", "grafana_folder": "Основное", "severity": "критично"},
    ),
    ("telegraf-cadvisor-mimir", "DatastoreFull"): Expected(
        host="esx-4",
        subject="[CRITICAL] esx-4: DatastoreFull",
        headline="esx-4: DatastoreFull (critical)",
        notified=["ops"],
        labels={"dsname": "ssd-2", "job": "telegraf", "severity": "Disaster", "vcenter": "vc-1"},
    ),
    ("telegraf-cadvisor-mimir", "ContainerKilled"): Expected(
        host="10.0.9.8",
        subject="[WARN] 10.0.9.8: Container killed (instance 10.0.9.8:8080)",
        headline="10.0.9.8: Container killed (instance 10.0.9.8:8080) (warning)",
        notified=["ops"],
        labels={"id": "/docker/4f2a", "image": "shop/cart:1.4", "job": "cadvisor", "name": "cart"},
    ),
    ("telegraf-cadvisor-mimir", "MimirIngesterUnhealthy"): Expected(
        host="",
        subject="[CRITICAL] MimirIngesterUnhealthy",
        headline="MimirIngesterUnhealthy (critical)",
        notified=["ann", "kim", "ops"],
        links=[
            "https://grafana.com/docs/mimir/latest/operators-guide/mimir-runbooks/#mimiringesterunhealthy",
            GRAPH,
        ],
        labels={"cluster": "eu-1", "namespace": "mimir"},
    ),
    ("marax", "HostDown web-1"): Expected(
        host="web-1",
        subject="[DOWN] web-1",
        headline="web-1 does not answer",
        notified=["ann"],
        steps=[
            "ping -c 3 web-1.example.org",
            "ssh web-1.example.org systemctl status marax-exporter",
        ],
        labels={"job": "marax"},
    ),
    ("marax", "HostCpuBusy"): Expected(
        host="web-1",
        subject="[WARN] web-1: CPU above 90 % for 15 minutes",
        headline="web-1: CPU above 90 % for 15 minutes (warning)",
        notified=["ann"],
        steps=["ssh web-1.example.org marax-exporter top"],
        labels={"job": "marax"},
    ),
    ("marax", "HostDown app-9"): Expected(
        host="app-9",
        subject="[CRITICAL] marax on app-9: not answering",
        headline="marax on app-9: not answering (critical)",
        notified=["ops"],
        labels={"job": "marax"},
    ),
}


class KnowsNothing:
    """A Prometheus that has never heard of any of them."""

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        return Findings(hosts={subject: HostFindings() for subject in subjects if subject.instance})


def alert_named(family: str, name: str) -> Alert:
    """Return the alert of that *name*; of several, the one with the job or host that stands behind it."""
    alerts = parse_payload((ALERTS / f"{family}.json").read_bytes(), NOW).alerts
    whole = [one for one in alerts if one.labels["alertname"] == name]
    alertname, _, which = name.rpartition(" ")
    named = (one for one in alerts if one.labels["alertname"] == alertname and which in one.labels.values())
    return (whole or list(named))[0]


def mail_about(alert: Alert, user_name: str) -> Mail:
    composer = MailComposer(
        renderer=RENDERER,
        enricher=KnowsNothing(),
        sender="marax <alerts@mg.example.org>",
        clock=FakeClock(NOW),
        metrics=Metrics(),
    )
    episode = Episode(alert_id=alert.alert_id, number=1, alert=alert, opened_unix_seconds=NOW)
    claim = Claim(
        notice_id=1,
        incident_id="k3f9q2",
        user_name=user_name,
        sequence=0,
        title=ROUTING.title_of([alert]),
        reported=(ReportedEpisode(episode=episode, is_over=False, last_answered_unix_seconds=None),),
        attempts=1,
        created_unix_seconds=NOW,
        ambiguous_since_unix_seconds=None,
    )
    composed = composer.compose(claim, ROUTING)
    assert isinstance(composed, ComposedMail)
    return composed.mail


@pytest.mark.parametrize(("family", "name"), TABLE)
def test_an_alert_of_a_public_rule_set(family, name):
    expected, alert = TABLE[family, name], alert_named(family, name)
    mail = mail_about(alert, expected.notified[0])
    said = " ".join(mail.text.split())

    assert ROUTING.host_of(alert) == expected.host
    assert [user.name for user in ROUTING.recipients(alert)] == list(expected.notified)
    assert mail.subject == expected.subject
    assert said.startswith(f"{mail.subject.partition(' ')[0]} {expected.headline} ")
    assert _labels_in(mail.text) == expected.labels
    assert re.findall(r"^ +((?:ssh|ping|curl|getent|marax)\S* .*)$", mail.text, re.MULTILINE) == list(
        expected.steps
    )
    assert [link for link in re.findall(r"https?://\S+", said) if link in expected.links] == list(
        expected.links
    )
    assert [words for words in expected.shown if words not in said] == []


def test_each_alert_is_in_the_table_unless_it_is_never_mailed():
    found = [
        (path.stem, alert)
        for path in ALERTS.glob("*.json")
        for alert in parse_payload(path.read_bytes(), NOW).alerts
    ]
    ids = {alert_named(*key).alert_id for key in TABLE}

    left_out = [alert.labels["alertname"] for _, alert in found if alert.alert_id not in ids]

    assert left_out == ["InfoInhibitor"]
    assert [alert.labels["alertname"] for _, alert in found if is_never_mailed(alert)] == left_out


def _labels_in(text: str) -> dict[str, str]:
    """Return the table of labels in *text*."""
    _, _, table = text.partition("\nLABELS\n")
    rows, _, _ = table.partition("\n\n")
    return dict(row.split(maxsplit=1) for row in rows.splitlines())
