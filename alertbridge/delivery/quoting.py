"""Words from outside, fit for a log line or a page."""

import re

_LONGEST_QUOTE = 200


def quoted(text: str) -> str:
    """Return *text* from outside as a part of one line: printable, and at most 200 characters."""
    line = " ".join(re.sub(r"[^\w!-~]", " ", text).split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[: _LONGEST_QUOTE - 3]}..."
