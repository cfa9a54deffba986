"""Logging to stderr, one event a line, in the `key=value` form that Prometheus and Alertmanager use."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TextIO

_BARE = re.compile(r"[A-Za-z0-9_./:@+-]+")
_OURS = frozenset({"alertbridge", "exporter", "marax"})
_STANDARD_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "taskName",
}


class KeyValueFormatter(logging.Formatter):
    """Renders a record, and each field given through `extra`, as one line that cannot be forged."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, object] = {
            "ts": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": record.getMessage(),
        }
        fields |= {k: v for k, v in record.__dict__.items() if k not in _STANDARD_FIELDS}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return " ".join(f"{key}={_quoted(str(value))}" for key, value in fields.items())


def log_to(stream: TextIO = sys.stderr, *, level: int = logging.INFO) -> None:
    """Send the log records of this process from *level* up to *stream*; of libraries', none below INFO."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(KeyValueFormatter())
    handler.addFilter(_is_ours_or_important)
    logging.basicConfig(handlers=[handler], level=level, force=True)


def _is_ours_or_important(record: logging.LogRecord) -> bool:
    """Leave out what libraries say for debugging: it may hold URLs or headers with a secret in them."""
    return record.levelno >= logging.INFO or record.name.partition(".")[0] in _OURS


def _quoted(text: str) -> str:
    return text if _BARE.fullmatch(text) else json.dumps(text)
