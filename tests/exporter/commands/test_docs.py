"""docs/commands.md, held against the code."""

import json
import re
from pathlib import Path

import msgspec

from exporter.commands.catalogue import Reason
from exporter.commands.lint import dangers_in
from exporter.commands.runner import GRACE_SECONDS
from exporter.commands.settings import MOST_AT_ONCE, Command
from exporter.config import read_config
from exporter.web.run import NOT_IDEMPOTENT, PROBLEMS, RunAnswer

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "commands.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def rows(title: str) -> dict[str, str]:
    """Return the first two cells of each row of the table whose first column has that title."""
    table = re.search(rf"\| {title} \|.*?\n\|[ -|]*\n((?:\|.*\n)*)", PAGE)
    assert table
    return dict(re.findall(r"^\| `([^`]*)`[^|]*\| ([^|]*?) *\|", table[1], re.MULTILINE))


def test_the_example_is_sound(tmp_path: Path):
    path = tmp_path / "exporter.yml"
    path.write_text(blocks("yaml")[0])

    settings = read_config(path)

    programs = {command.argv[0] for command in settings.commands}
    dangers = [str(danger) for danger in dangers_in(settings.commands)]
    missing_here = ("cannot be run", "does not exist")
    assert programs == {"/usr/bin/systemctl", "/usr/bin/du"}
    assert [danger for danger in dangers if not any(words in danger for words in missing_here)] == []


def test_tells_every_key_and_its_default():
    told = {key.removeprefix("commands[]."): default for key, default in rows("key").items()}
    keys = {key: default for key, default in told.items() if "." not in key}  # those of parameters are deeper

    assert list(keys) == [field.encode_name for field in msgspec.structs.fields(Command)]
    assert (keys["role"], keys["time_limit"], keys["output_limit"]) == ("`admin`", "`30s`", "`256KiB`")


def test_tells_every_problem():
    told = {kind: int(status) for kind, status in rows("problem").items()}

    known = {kind: status for status, kind, _ in PROBLEMS.values()}
    assert told == known | {NOT_IDEMPOTENT.kind: NOT_IDEMPOTENT.status}


def test_tells_every_member_of_the_answer():
    answer = msgspec.json.decode(blocks("json")[0], type=RunAnswer)

    assert list(json.loads(blocks("json")[0])) == list(msgspec.structs.asdict(answer))


def test_tells_every_reason_in_the_metrics():
    text = (DOCS / "metrics.md").read_text()

    assert all(f"`{reason}`" in text for reason in Reason)


def test_tells_the_limits_that_hold():
    assert f"SIGTERM, and {GRACE_SECONDS:.0f} s later by SIGKILL" in PAGE
    assert MOST_AT_ONCE == 4
    assert "Four run at once in all." in PAGE
