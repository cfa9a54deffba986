import io
import logging

import pytest

from marax.logs import log_to


@pytest.fixture
def logged():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    log_to(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def test_writes_one_line_of_keys_and_values(logged):
    logging.getLogger("courier").info("mail taken", extra={"user": "ann", "attempts": 2})

    line = logged.getvalue()

    assert line.startswith("ts=20")
    assert line.endswith('level=info logger=courier msg="mail taken" user=ann attempts=2\n')


@pytest.mark.attack(59)
def test_nothing_from_outside_can_forge_a_line_or_a_field(logged):
    logging.getLogger("web").warning("%s", 'a" level=error\nts=1 \x1b[31m', extra={"path": "/a b=c\r\n"})

    (line,) = logged.getvalue().splitlines()
    assert line.count(" level=") == 2  # its own, and the one within the quotes
    assert '\\" level=error\\nts=1 \\u001b[31m"' in line
    assert 'path="/a b=c\\r\\n"' in line


def test_debugging_shows_our_own_records_and_none_of_the_libraries(logged):
    log_to(logged, level=logging.DEBUG)

    logging.getLogger("exporter.scrape.scraper").debug("collector ran")
    logging.getLogger("urllib3.connectionpool").debug("POST /v3/key-0123")
    logging.getLogger("urllib3.connectionpool").warning("retrying")

    assert [line.partition(" logger=")[2] for line in logged.getvalue().splitlines()] == [
        'exporter.scrape.scraper msg="collector ran"',
        "urllib3.connectionpool msg=retrying",
    ]


def test_a_traceback_stays_on_its_line(logged):
    try:
        raise ValueError("a surprise")  # noqa: TRY301 - what is logged must have been raised
    except ValueError:
        logging.getLogger("web").exception("failed")

    (line,) = logged.getvalue().splitlines()
    assert 'traceback="Traceback (most recent call last)' in line
    assert "a surprise" in line
