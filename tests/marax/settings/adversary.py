"""Tries every kind of value in the settings of both programs with long texts that almost fit; says which.

What takes more than a step or so for each character, as a pattern that can match a text in several ways does,
does not come to its end within hours.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import msgspec

from alertbridge.config.settings import BridgeSettings
from exporter.config import ExporterSettings
from marax.serving.basic_auth import BcryptHash
from marax.serving.tls import TlsServerConfig
from marax.settings.mistakes import SettingsError
from marax.settings.reader import read_settings
from marax.settings.yaml_nodes import masked

_CHARACTERS = 100_000
_STARTS = ("", "https://", "http://a/", "sqlite:///", "a@", "a <", '"', "[", "22:00-", "$argon2id$v=19$", "{")
_UNITS = (
    "a",
    "a.",
    "a-",
    "/",
    "a/",
    " ",
    "a ",
    "@",
    "1",
    "1:",
    "1h",
    ":",
    "<",
    "\\",
    '"',
    "$a",
    "{a}",
    "(a*)*",
)
_ENDS = ("", "?", "\n", "@b <")


def texts() -> Iterator[str]:
    for start, unit, end in itertools.product(_STARTS, _UNITS, _ENDS):
        yield start + unit * (_CHARACTERS // len(unit)) + end


def leaves(shape: Any) -> Iterator[Any]:
    """Yield the kinds of values that *shape* is built of."""
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        for field in msgspec.structs.fields(shape):
            yield from leaves(field.type)
    elif hasattr(shape, "from_setting") or (get_origin(shape) in (None, Annotated) and not _is_list(shape)):
        yield shape
    else:
        for part in get_args(shape):
            if isinstance(part, type) or get_origin(part) is not None:
                yield from leaves(part)


def _is_list(shape: Any) -> bool:
    return get_origin(shape) is Annotated and get_origin(get_args(shape)[0]) is tuple


def say(name: str) -> None:
    sys.stdout.write(name + "\n")
    sys.stdout.flush()


def main() -> None:
    kinds = {repr(leaf): leaf for leaf in leaves(tuple[BridgeSettings, ExporterSettings, TlsServerConfig])}
    for name, kind in {**kinds, "hash": BcryptHash}.items():
        say(name)
        for text in texts():
            with suppress(ValueError, msgspec.ValidationError):
                kind.from_setting(text) if hasattr(kind, "from_setting") else msgspec.convert(text, kind)
    say("what may be shown")
    for text in texts():
        masked(text)
    with tempfile.TemporaryDirectory() as folder:
        for unit in _UNITS:
            say(f"a file of {unit!r}")
            path = Path(folder, "settings.yml")
            path.write_text(f"listen: {unit * (_CHARACTERS // 2)}\n")
            with suppress(SettingsError):
                read_settings(path, BridgeSettings)


if __name__ == "__main__":
    main()
