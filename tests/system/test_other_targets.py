"""A target of another job that does not answer: real parts, and rules as public rule sets have them."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
import yaml

from scripts.stack.stack import Plan, Stack
from tests.fakes.rude_servers import a_server, answering_each
from tests.waiting import wait_until

pytestmark = pytest.mark.system

INSTANCE_DOWN = {
    "alert": "InstanceDown",
    "expr": 'up{job="mysqld"} == 0',
    "for": "2s",
    "labels": {"severity": "critical"},
    "annotations": {"summary": "Instance {{ $labels.instance }} down"},
}


@dataclass
class Mysqld:
    """An exporter that answers, or fails."""

    address: str = ""
    is_up: bool = True

    def answer(self, _head: bytes) -> tuple[int, bytes, bytes]:
        return (200, b"Content-Type: text/plain\r\n", b"mysql_up 1\n") if self.is_up else (503, b"", b"")


@pytest.fixture
def mysqld() -> Iterator[Mysqld]:
    exporter = Mysqld()
    with a_server(answering_each(exporter.answer)) as port:
        exporter.address = f"127.0.0.1:{port}"
        yield exporter


@pytest.fixture
def stack(start_stack: Callable[[Plan], Stack], mysqld: Mysqld) -> Stack:
    """Return a stack whose Prometheus scrapes *mysqld* on the machine of web-1 as well."""
    stack = start_stack(Plan(hosts=("web-1",)))
    folder = stack.folder / "prometheus"
    settings = yaml.safe_load((folder / "prometheus.yml").read_text())
    settings["scrape_configs"] += [{"job_name": "mysqld", "static_configs": [{"targets": [mysqld.address]}]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    rules = {"groups": [{"name": "public", "rules": [INSTANCE_DOWN]}]}
    (folder / "rules" / "public.yml").write_text(yaml.safe_dump(rules))
    assert stack.prometheus.pid is not None
    os.kill(stack.prometheus.pid, signal.SIGHUP)
    wait_until(lambda: is_up(stack, "mysqld"))
    return stack


def is_up(stack: Stack, job: str) -> bool:
    answer = stack.prometheus.ask(f'/api/v1/query?query=up{{job="{job}"}}==1')
    return bool(answer["data"]["result"])


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def test_another_exporter_that_does_not_answer_is_no_host_that_is_down(stack: Stack, mysqld: Mysqld):
    mysqld.is_up = False
    wait_until(lambda: len(stack.mails()) == 1)
    mysqld.is_up = True
    wait_until(lambda: len(stack.mails()) == 2)

    critical, ok = stack.mails()
    assert critical["Subject"] == "[CRITICAL] mysqld on web-1: not answering"
    assert ok["Subject"] == "[OK] mysqld on web-1: not answering"
    assert ok["References"] == critical["Message-Id"]
    assert "Critical: mysqld on web-1 has not answered for" in text_of(critical)
    assert "HTTP status 503" in text_of(critical)
    assert "Resolved: mysqld on web-1 answers again after" in text_of(ok)
    assert not [words for words in ("ssh ", "marax-exporter") if words in text_of(critical) + text_of(ok)]
