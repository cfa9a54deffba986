"""What mails say, by their text part; test_samples.py proves that the HTML part says the same."""

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from alertbridge.mail.facts import About, FleetFacts, Kind, SendTestFacts
from alertbridge.mail.host_facts import LastDay, LastValues, ProcessFact
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.rendering.plain import render_plain
from alertbridge.rendering.renderer import HTML_LIMIT_BYTES, Renderer
from tests.alertbridge.rendering.pictures import read_png
from tests.alertbridge.rendering.reading import read
from tests.builders import (
    FIRED_UNIX_SECONDS,
    alert_facts,
    history,
    host_facts,
    host_state,
    reader,
    report_facts,
)

RENDERER = Renderer()
REFUSED = "dial tcp 192.0.2.11:9877: connect: connection refused"
DIED = FIRED_UNIX_SECONDS - 80.0


def test_counts_the_time_down_from_the_last_answer_and_not_from_the_alert():
    text = _text(hosts=(host_facts(since_unix_seconds=DIED, reason=REFUSED),))

    assert "Down for 1 min 35 s: connection refused." in text
    assert "It last answered on Sun 22 Nov 2026, 13:00:55 UTC." in text


def test_says_so_when_only_the_time_of_the_alert_is_known():
    text = _text(hosts=(host_facts(),))

    assert "Down." in text
    assert "The alert fired on Sun 22 Nov 2026, 13:02:15 UTC." in text
    assert "When it last answered is not known, only that it was before that." in text
    assert "The reason is not known." in text
    assert "Its last values are not known." in text


def test_tells_times_in_the_readers_zone():
    text = _text(hosts=(host_facts(since_unix_seconds=DIED),), reader=reader(timezone=ZoneInfo("Asia/Tokyo")))

    assert "It last answered on Sun 22 Nov 2026, 22:00:55 JST (13:00:55 UTC)." in text


def test_shows_which_of_the_last_values_are_not_known():
    text = _text(hosts=(host_facts(last_values=LastValues(memory_ratio=0.5, load1=3.0)),))

    assert "CPU   not known\nRAM   50 %\nLoad  3.00\n" in text


def test_names_what_is_not_available():
    text = _text(missing=("Top processes: Prometheus did not answer within 2 s.",))

    assert "NOT AVAILABLE\nTop processes: Prometheus did not answer within 2 s.\n" in text


@pytest.mark.parametrize(
    ("has_rebooted", "said"),
    [
        (True, "The machine rebooted during the outage."),
        (False, "The machine did not reboot: the exporter or the network was down."),
        (None, "Whether the machine rebooted is not known."),
    ],
)
def test_says_how_long_a_host_was_down_and_whether_it_rebooted(has_rebooted, said):
    host = host_facts(
        is_over=True,
        since_unix_seconds=DIED,
        back_unix_seconds=DIED + 840,
        ended_unix_seconds=DIED + 960,
        has_rebooted=has_rebooted,
    )

    text = _text(Kind.UP, hosts=(host,))

    assert "Up again after 14 min." in text
    assert said in text


def test_says_that_the_time_down_is_a_guess_when_only_the_alert_tells_it():
    host = host_facts(is_over=True, ended_unix_seconds=FIRED_UNIX_SECONDS + 840)

    text = _text(Kind.UP, hosts=(host,))

    assert "Up again after about 14 min." in text
    assert "the host went down before that" in text.replace("\n", " ")
    assert "when the host answered again is not known" in text.replace("\n", " ")


@pytest.mark.parametrize("kind", [Kind.DOWN, Kind.UP])
@pytest.mark.parametrize(
    ("times_gone", "answered_ratio", "said"),
    [
        (1, 0.99931, "it stopped answering once; 99.9 % of its scrapes were answered."),
        (3, 0.5, "it stopped answering 3 times; 50.0 % of its scrapes were answered."),
        (1, 0.99999, "it stopped answering once; 99.9 % of its scrapes were answered."),
    ],
)
def test_says_how_often_a_host_went_away_in_a_day(kind, times_gone, answered_ratio, said):
    day = LastDay(times_gone=times_gone, answered_ratio=answered_ratio)

    text = _text(kind, hosts=(host_facts(last_day=day),)).replace("\n", " ")

    assert f"In the last 24 h {said}" in text


@pytest.mark.parametrize("day", [(0, 1.0), (-1, 0.5), (2, 1.5), (2, float("nan"))])
def test_says_nothing_of_a_day_without_news_or_sense(day):
    last_day = LastDay(times_gone=day[0], answered_ratio=day[1])

    assert "24 h" not in _text(hosts=(host_facts(last_day=last_day),))


def test_shows_the_last_hour_as_a_picture_in_one_part_and_as_marks_in_the_other():
    host = host_facts(history=history({-120: (0.97, 0.5), -105: (0.97, 0.5)}))

    rendered = RENDERER.render_alert(alert_facts(hosts=(host,)))
    page = read(rendered.html)

    assert [f"cid:{image.name}" for image in rendered.images] == page.images == ["cid:last-hour-1.png"]
    assert rendered.images[0].png.startswith(b"\x89PNG")
    assert re.search(r"^CPU  ·{58}█·\nRAM  ·{58}▅·\n {5}12:02 +12:32 +13:02\n", rendered.text, re.MULTILINE)
    assert {"CPU", "RAM", "no data", "last seen 13:00:30", "12:02", "12:32", "13:02"} <= {*page.words}


def test_has_no_legend_for_what_is_not_drawn():
    whole = history(dict.fromkeys(range(-3600, 1, 15), (0.5, 0.5)))

    rendered = RENDERER.render_alert(alert_facts(Kind.WARN, hosts=(host_facts(history=whole),)))

    assert "no data" not in rendered.html + rendered.text


def test_the_legend_has_the_colours_of_the_picture():
    host = host_facts(history=history({-120: (0.97, 0.5), -105: (0.97, 0.5)}))

    rendered = RENDERER.render_alert(alert_facts(hosts=(host,)))

    lines = {
        pixel[:3] for row in read_png(rendered.images[0].png).rows for pixel in row if pixel.alpha == 255
    }
    legend = {
        bytes.fromhex(colour) for colour in re.findall(r"height:8px;.*?background:#(\w{6})", rendered.html)
    }
    assert {bytes(colour) for colour in lines} & legend == {b"\xe0\x53\x1f", b"\x5b\x8d\xef"}


def test_says_that_a_mail_is_late_once_it_waited_for_more_than_ten_minutes():
    now = FIRED_UNIX_SECONDS + 3600

    late = _text(now_unix_seconds=now, due_unix_seconds=now - 601).replace("\n", " ")
    punctual = _text(now_unix_seconds=now, due_unix_seconds=now - 600)

    assert "Delayed by 10 min 1 s: this mail was due on Sun 22 Nov 2026, 13:52:14 UTC." in late
    assert "Delayed" not in punctual


INTERNAL_ALERTS = {
    (Kind.BLIND, About.MONITORING): (
        "The heartbeat has stopped: monitoring is blind",
        "Blind for 15 s: no heartbeat from Prometheus and Alertmanager.",
    ),
    (Kind.OK, About.MONITORING): (
        "The heartbeat is back",
        "Resolved after 5 min: the heartbeat from Prometheus and Alertmanager is back.",
    ),
    (Kind.WARN, About.MAIL): (
        "Mail for bob was not delivered",
        "Warning: a mail for bob was not delivered.",
    ),
    (Kind.OK, About.MAIL): (
        "Mail for bob goes through again",
        "Resolved after 5 min: mail for bob goes through again.",
    ),
    (Kind.WARN, About.GROUP): (
        "Alertmanager leaves alerts out",
        "Warning: Alertmanager leaves alerts out (receiver marax).",
    ),
    (Kind.OK, About.GROUP): (
        "Alertmanager leaves no more alerts out",
        "Resolved after 5 min: Alertmanager leaves no more alerts out (receiver marax).",
    ),
}
NAMES = {About.MAIL: "mail for bob", About.GROUP: "receiver marax"}


@pytest.mark.parametrize(("kind", "about"), INTERNAL_ALERTS)
def test_reports_an_internal_alert_without_a_word_about_a_machine(kind, about):
    trouble = host_facts(
        NAMES.get(about, "monitoring"),
        address="",
        about=about,
        means_down=False,
        ended_unix_seconds=FIRED_UNIX_SECONDS + 300,
    )

    text = _text(kind, title="a trouble", hosts=(trouble,))

    headline, lead = INTERNAL_ALERTS[kind, about]
    assert f"] {headline} {lead} " in text.replace("\n", " ")
    assert "\nWHAT THIS MEA" in text
    assert "WHAT TO DO NEXT\n" in text
    assert not re.search("ssh|Host:|values|not known|processes", text)


def test_says_how_to_put_right_a_mail_that_was_given_up():
    description = "The mail service said: 550 no such mailbox"
    trouble = host_facts("mail for bob", address="", about=About.MAIL, description=description)

    text = _text(Kind.WARN, hosts=(trouble,))

    assert description in text
    assert re.search(r"systemctl reload marax-alertbridge\n(.|\n)+ marax-alertbridge outbox retry\n", text)


def test_names_the_services_to_look_at_when_monitoring_is_blind():
    trouble = host_facts("monitoring", address="", about=About.MONITORING)

    text = _text(Kind.BLIND, hosts=(trouble,))

    assert "     systemctl status prometheus prometheus-alertmanager\n" in text


def test_does_not_call_hosts_what_are_none():
    troubles = tuple(
        host_facts(f"mail for {name}", address="", alertname="MailUndeliverable", about=About.MAIL)
        for name in ("bob", "eve")
    )

    text = _text(Kind.WARN, title="2 alerts", hosts=troubles)

    assert "Warning: 2 alerts, the first for 15 s." in text
    assert "host" not in text.partition("You get this")[0].casefold()


@pytest.mark.parametrize(
    ("kind", "state"), [(Kind.CRITICAL, "Critical"), (Kind.WARN, "Warning"), (Kind.INFO, "Info")]
)
def test_tells_another_alert_by_its_own_words(kind, state):
    host = host_facts(alertname="HighCpu", summary="CPU above 90 %.", description="For a while.")

    text = _text(kind, title="web-1: HighCpu", hosts=(host,))

    severity = state.lower()
    assert f"[{kind}] web-1: HighCpu ({severity})\n{state}: it has been firing for 15 s.\n" in text
    assert "DETAILS\nCPU above 90 %.\nFor a while.\n" in text


def test_leaves_it_to_be_seen_that_a_text_was_cut():
    text = _text(Kind.WARN, hosts=(host_facts(summary="disk " * 50),)).replace("\n", " ")

    assert re.search(r"web-1: (disk )+di\.\.\. \(warning\) Warning", text)


def test_shows_a_runbook_as_a_link_only_where_it_is_a_web_page():
    page = "https://wiki.example.org/down?a=1&b=%C3%BC"

    linked = RENDERER.render(alert_facts(hosts=(host_facts(runbook_url=page),)))
    shown = RENDERER.render(alert_facts(hosts=(host_facts(runbook_url="javascript:alert(1)"),)))

    assert read(linked.html).links == [page]
    assert f"Runbook: {page}\n" in linked.text
    assert read(shown.html).links == []
    assert "Runbook: javascript:alert(1)\n" in shown.text


def test_links_to_the_graph_of_the_rule_below_the_runbook():
    page, graph = "https://wiki.example.org/down", "http://mon-1:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1"

    rendered = RENDERER.render(alert_facts(hosts=(host_facts(runbook_url=page, graph_url=graph),)))

    assert read(rendered.html).links == [page, graph]
    assert f"Runbook: {page}\nGraph: {graph}\n" in rendered.text


@pytest.mark.parametrize("kind", [Kind.UP, Kind.OK])
def test_links_to_no_graph_once_all_is_well(kind):
    host = host_facts(is_over=True, graph_url="http://mon-1:9090/graph?g0.expr=up")

    rendered = RENDERER.render(alert_facts(kind, hosts=(host,)))

    assert read(rendered.html).links == []
    assert "Graph" not in rendered.text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://bank.example@evil.example/", "mon-1/graph", ""]
)
def test_does_not_mention_a_graph_that_is_no_web_page(url):
    rendered = RENDERER.render(alert_facts(hosts=(host_facts(graph_url=url),)))

    assert read(rendered.html).links == []
    assert "Graph" not in rendered.text + rendered.html


@pytest.mark.parametrize(
    ("expressions", "links"),
    [
        (("up", "up", "up"), ["http://mon-1:9090/graph?g0.expr=up"]),
        (("up", "up", "cpu"), []),
        (("up", ""), []),
    ],
    ids=["all share one", "one has another", "one has none"],
)
def test_links_to_a_graph_from_many_hosts_only_where_it_is_that_of_all(expressions, links):
    urls = [expression and f"http://mon-1:9090/graph?g0.expr={expression}" for expression in expressions]
    hosts = tuple(host_facts(f"web-{number}", graph_url=url) for number, url in enumerate(urls))

    rendered = RENDERER.render(alert_facts(hosts=hosts))

    assert read(rendered.html).links == links
    assert rendered.text.count("Graph: ") == len(links)


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        (FleetFacts(up=42, total=42, down=()), "All 42 hosts that you watch are up."),
        (
            FleetFacts(up=41, total=42, down=("web-1",)),
            "41 of 42 hosts that you watch are up. No other host is down.",
        ),
        (
            FleetFacts(up=1, total=3, down=("web-1", "db-1")),
            "1 of 3 hosts that you watch is up. Also down: db-1.",
        ),
        (FleetFacts(up=1, total=1, down=()), "The only host that you watch is up."),
        (FleetFacts(up=0, total=1, down=("web-1",)), "The only host that you watch is down."),
        (FleetFacts(up=0, total=1, down=("db-1",)), "The only host that you watch is down: db-1."),
    ],
)
def test_tells_of_the_rest_of_the_fleet(fleet, said):
    assert said in _text(fleet=fleet)


def test_says_nothing_of_a_fleet_of_which_the_reader_watches_no_host():
    assert "FLEET" not in _text(fleet=FleetFacts(up=0, total=0, down=()))


def test_names_a_dozen_of_the_others_that_are_down_and_counts_the_rest():
    down = tuple(f"n{number}" for number in range(20))

    assert "n10, n11 and 8 more." in _text(fleet=FleetFacts(up=0, total=20, down=down)).replace("\n", " ")


def test_shows_fifty_hosts_and_says_how_many_more_there_are():
    rendered = RENDERER.render(alert_facts(hosts=_hosts(60)))
    page = read(rendered.html)

    rows = [attributes for tag, attributes in page.elements if tag == "th" and attributes["scope"] == "row"]

    assert len(rows) == 50
    assert "and 10 more" in page.words
    assert len(re.findall(r"^web-\d+ +DOWN", rendered.text, re.MULTILINE)) == 50
    assert "\nand 10 more\n" in rendered.text


def test_shows_fewer_hosts_where_fifty_would_make_too_large_a_mail():
    wordy = tuple(
        host_facts("&" * 60 + str(number), alertname="A", summary="<" * 80, description='"' * 160)
        for number in range(60)
    )

    rendered = RENDERER.render(alert_facts(Kind.WARN, hosts=wordy))
    shown = rendered.text.count("FIRING")

    assert 0 < shown < 50
    assert f"and {60 - shown} more" in rendered.text
    assert len(rendered.html.encode()) <= HTML_LIMIT_BYTES


@pytest.mark.parametrize("count", [1, 3, 60])
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("runbook", ["'" * 2000, "https://example.org/" + "a" * 1478], ids=["text", "link"])
def test_keeps_its_size_when_every_text_is_as_long_as_can_be(runbook, kind, count):
    longest = "'" * 2000
    process = ProcessFact(pid=longest, name=longest, cpu_ratio=0.5, memory_rss_bytes=1e9)
    texts = dict.fromkeys(("name", "address", "severity", "summary", "description", "reason"), longest)
    hour = history({-60: (0.5, 0.5)})
    hosts = tuple(
        host_facts(
            **texts,
            alertname=f"{number}{longest}",
            runbook_url=f"{runbook}{number:02}",
            graph_url="https://example.org/" + "b" * 1480,
            labels=tuple((f"{name}{longest}", longest) for name in range(60)),
            annotations=tuple((f"{name}{longest}", runbook if name % 2 else longest) for name in range(60)),
            top_processes=(process,) * 60,
            history=hour,
        )
        for number in range(count)
    )
    facts = alert_facts(
        kind,
        title=longest,
        incident_id=longest,
        hosts=hosts,
        reader=reader(name=longest, reason_for_mail=longest),
        fleet=FleetFacts(up=0, total=60, down=(longest + "x",) * 60),
        missing=(longest,) * 60,
        remarks=(longest,) * 60,
    )

    assert len(RENDERER.render(facts).html.encode()) <= HTML_LIMIT_BYTES
    assert len(render_plain(facts).html.encode()) <= HTML_LIMIT_BYTES


def test_puts_hosts_in_trouble_before_those_that_are_back():
    hosts = (host_facts("a", is_over=True), host_facts("b"), host_facts("c", is_over=True))

    text = _text(hosts=hosts)

    assert re.findall(r"^([abc]) +(up|DOWN)", text, re.MULTILINE) == [("b", "DOWN"), ("a", "up"), ("c", "up")]
    assert "Down: 1 of 3 hosts" in text


def test_does_not_count_other_alerts_among_the_hosts_that_are_down():
    hosts = (*_hosts(2), host_facts("db-1", means_down=False, summary="CPU above 90 %."))

    text = _text(hosts=hosts)

    assert "Down: 2 hosts, the first for about 15 s. Also: 1 other alert." in text
    assert re.search(r"^db-1 +FIRING +13:02:15 +CPU above 90 %\.$", text, re.MULTILINE)


def test_tells_of_several_hosts_that_are_back_and_of_one_that_is_not():
    back = [
        host_facts(name, is_over=True, since_unix_seconds=DIED, back_unix_seconds=DIED + 840)
        for name in ("web-1", "web-2")
    ]

    text = _text(Kind.UP, hosts=(*back, host_facts("db-1", since_unix_seconds=DIED)))

    assert "Up again: 2 of 3 hosts." in text
    assert re.search(r"^db-1 +DOWN +1 min 35 s so far +-$", text, re.MULTILINE)
    assert re.search(r"^web-1 +up +14 min +not known$", text, re.MULTILINE)


def test_does_not_take_the_times_of_alerts_for_those_of_hosts():
    down = _text(hosts=_hosts(2)).replace("\n", " ")
    over = tuple(host_facts(name, is_over=True, ended_unix_seconds=FIRED_UNIX_SECONDS + 60) for name in "ab")
    up = _text(Kind.UP, hosts=over).replace("\n", " ")

    assert "The first alert fired on Sun 22 Nov 2026, 13:02:15 UTC; the host went down before that." in down
    resolved = "The last alert was resolved on Sun 22 Nov 2026, 13:03:15 UTC"
    assert f"{resolved}; when the host answered again is not known." in up
    assert "about 1 min" in up


def test_lists_the_largest_processes_in_the_order_of_the_facts():
    java = ProcessFact(pid="42", name="java", cpu_ratio=0.7, memory_rss_bytes=9.8 * 1024**3)
    unknown = ProcessFact(pid="43", name="sh", cpu_ratio=None, memory_rss_bytes=None)

    text = _text(hosts=(host_facts(top_processes=(java, unknown)),))

    assert re.search(r"^java +42 +70 % +9.8 GiB\nsh +43 +not known +not known$", text, re.MULTILINE)


def test_wraps_a_long_cell_rather_than_pass_72_columns():
    host = host_facts("a-very-long-name-of-a-host.in.a-deep.domain.example.org", summary="word " * 20)

    text = _text(Kind.WARN, hosts=(host, host_facts("web-2")))

    assert max(map(len, text.splitlines())) <= 72


def test_reports_failed_hosts_first_with_their_reason():
    facts = report_facts(
        host_state("app-1", values=LastValues(cpu_ratio=0.21, load1=1.0), uptime_seconds=90.0),
        host_state("web-1", is_up=False, reason="connection refused", answer_seconds=5.0),
    )

    rendered = RENDERER.render(facts)

    assert rendered.subject == "[REPORT] 1 of 2 hosts down: web-1"
    assert re.search(r"^web-1 +connection refused\n\nUP\nHost .*\napp-1 +21 %", rendered.text, re.MULTILINE)


def test_reports_what_a_host_wants_that_is_up_but_says_no_more():
    rendered = RENDERER.render(report_facts(host_state("app-1", reason="answers, wants a login")))

    assert rendered.subject == "[REPORT] 1 host, all up"
    assert re.search(r"^app-1 +.*\n    answers, wants a login$", rendered.text, re.MULTILINE)


def test_reports_that_all_is_well():
    rendered = RENDERER.render(report_facts(host_state("app-1"), host_state("app-2")))

    assert rendered.subject == "[REPORT] 2 hosts, all up"
    assert "Report: 2 hosts, none of them down." in rendered.text


def test_says_which_states_a_cut_report_leaves_out():
    states = [host_state(f"web-{number:02}", is_up=number > 51) for number in range(60)]

    text = RENDERER.render(report_facts(*states)).text

    assert "ALSO DOWN\nweb-50, web-51\n\nUP\n8 hosts are up.\n" in text


def test_says_in_a_test_mail_who_sent_it_when_and_with_which_settings():
    facts = SendTestFacts(
        reader=reader(), server="mon-1", config_file="/etc/marax/x.yml", now_unix_seconds=FIRED_UNIX_SECONDS
    )

    rendered = RENDERER.render(facts)

    assert rendered.subject == "[TEST] mail from marax reaches ann"
    assert "Server: mon-1\nSettings: /etc/marax/x.yml\nTo: ann, ann@example.org\n" in rendered.text
    assert "It was sent on Sun 22 Nov 2026, 13:02:15 UTC." in rendered.text


def test_has_a_bare_mail_for_when_the_full_one_cannot_be_written():
    host = host_facts(since_unix_seconds=DIED, reason=REFUSED, summary="gone & away")

    rendered = render_plain(alert_facts(hosts=(host, *_hosts(60))))

    assert rendered.subject == "[DOWN] web-1"
    assert (
        f"web-1: HostDown; {REFUSED}; gone & away; fired on Sun 22 Nov 2026, 13:02:15 UTC; last answered on"
        in rendered.text
    )
    assert "and 53 more" in rendered.text
    assert "Incident k3f9q2." in rendered.text
    assert "gone &amp; away" in rendered.html


def _text(kind: Kind = Kind.DOWN, **changes) -> str:
    return RENDERER.render_alert(alert_facts(kind, **changes)).text


def _hosts(count: int):
    return tuple(host_facts(f"web-{number}") for number in range(count))


def test_a_digest_lists_the_worst_that_fires_first_and_what_is_over_in_its_order():
    news = (
        host_facts("a", severity="info", means_down=False, summary="odd"),
        host_facts("b", severity="critical"),
        host_facts("c", severity="critical", is_over=True, ended_unix_seconds=FIRED_UNIX_SECONDS + 60),
        host_facts("d", severity="info", is_over=True, fired_unix_seconds=FIRED_UNIX_SECONDS - 60),
    )

    rendered = RENDERER.render(_summary(Kind.DIGEST, news=news))

    assert rendered.subject == "[DIGEST] 4 alerts during quiet hours, 2 still firing"
    assert re.findall(r"^([abcd]) ", rendered.text, re.MULTILINE) == ["b", "a", "d", "c"]


@pytest.mark.parametrize(
    ("is_over", "subject"),
    [
        (False, "[DIGEST] 1 alert during quiet hours, still firing"),
        (True, "[DIGEST] 1 alert during quiet hours, resolved"),
    ],
)
def test_a_digest_may_have_but_one_alert_left(is_over, subject):
    news = (host_facts(is_over=is_over, ended_unix_seconds=FIRED_UNIX_SECONDS + 60 if is_over else None),)

    assert RENDERER.render(_summary(Kind.DIGEST, news=news)).subject == subject


@pytest.mark.parametrize(
    ("mails_per_hour", "held", "says"),
    [
        (
            30,
            "30 mails an hour",
            "You get at most 30 mails an hour, a third of them for critical alerts: the rest",
        ),
        (1, "1 mail an hour", "You get at most 1 mail an hour: the rest"),
    ],
)
def test_a_digest_says_that_the_limit_of_mails_is_why(mails_per_hour, held, says):
    facts = _summary(Kind.DIGEST, news=(host_facts(), host_facts("b")))

    rendered = RENDERER.render(replace(facts, mails_per_hour=mails_per_hour))

    assert rendered.subject == f"[DIGEST] 2 alerts beyond {held}, 2 still firing"
    assert says in " ".join(rendered.text.split())


def test_a_long_reminder_says_how_many_it_leaves_out_and_stays_small():
    hosts = tuple(host_facts(f"web-{number}", summary="x" * 200, means_down=False) for number in range(400))

    rendered = RENDERER.render(_summary(Kind.REMINDER, already_reported=hosts))
    shown = len(re.findall(r"^web-", rendered.text, re.MULTILINE))

    assert rendered.subject == "[REMINDER] 400 alerts still firing: web-0, web-1, web-2 +397"
    assert f"\nand {400 - shown} more\n" in rendered.text
    assert len(rendered.html.encode()) <= HTML_LIMIT_BYTES


def test_says_for_how_many_alertmanager_sent_no_resolved():
    over = {"is_over": True, "ended_unix_seconds": FIRED_UNIX_SECONDS + 60, "means_down": False}
    hosts = (host_facts("web-1", is_end_reconciled=True, **over), host_facts("web-2", **over))

    text = _text(Kind.OK, hosts=hosts).replace("\n", " ")

    assert 'Alertmanager sent no "resolved" for 1 of them (silenced or inhibited by then?)' in text


def _summary(kind: Kind, *, news=(), already_reported=()) -> SummaryFacts:
    return SummaryFacts(
        kind=kind,
        incident_id="m7t2xw9",
        news=news,
        already_reported=already_reported,
        reader=reader(),
        now_unix_seconds=FIRED_UNIX_SECONDS + 3600,
    )
