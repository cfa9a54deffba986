"""A settings file as YAML: its nodes and their lines, or why it cannot be read."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from marax.settings.mistakes import Mistake, SettingsError
from marax.settings.yaml_nodes import line_of, node_at

_LARGEST_BYTES = 16 * 1024 * 1024
_MAPPING = "tag:yaml.org,2002:map"
_TAB = "found character '\\t' that cannot start any token"
_NAME_IN_PROBLEM = re.compile(
    r" '[^<'][^']+'"
)  # of an alias or a tag; may be a password that begins with * or !


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a settings file holds, and the loader that makes values of its scalars."""

    root: yaml.Node
    loader: yaml.SafeLoader


class Lines:
    """Says which line of the settings file at *path* a key is on; reads the file at the first question."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, key: str) -> int:
        """Return the line of *key*, or of what it should stand in; 0 when neither is in the file."""
        if self._root is None:
            return 0
        node = node_at(self._root, key)
        return 0 if node is self._root else line_of(node)

    @cached_property
    def _root(self) -> yaml.Node | None:
        try:
            return read_document(self._path).root
        except SettingsError:  # changed since its values were read
            return None


def read_document(path: Path) -> Document:
    """Return the YAML document in the file at *path*; an empty file holds a mapping without keys.

    Raises:
        SettingsError: The file is missing, unreadable, larger than 16 MiB or not YAML.
    """
    text = _text_of(path)
    try:
        loader = yaml.SafeLoader(text)
    except yaml.YAMLError as error:  # a character that YAML does not take
        raise _broken(path, error) from error
    try:
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        raise _broken(path, error) from error
    except RecursionError as error:
        raise _mistake(path, "YAML nested too deeply", "valid YAML") from error
    except (ValueError, OverflowError) as error:  # of chr() and int()
        found = "broken YAML (an escape or a number beyond all bounds)"
        raise _mistake(path, found, "valid YAML", loader.line + 1) from error
    return Document(root=yaml.MappingNode(_MAPPING, []) if root is None else root, loader=loader)


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise _mistake(path, f"no usable file ({error.strerror})", "a readable YAML file") from error
    if len(content) > _LARGEST_BYTES:
        raise _mistake(path, "more than 16 MiB", "a YAML file of settings")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _mistake(path, "bytes that are not UTF-8", "a YAML file in UTF-8", line) from error


def _broken(path: Path, error: yaml.YAMLError) -> SettingsError:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 0
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", ""))
    if _TAB in problem:
        return _mistake(path, "a tab", "spaces: YAML does not take tabs there", line)
    return _mistake(path, f"broken YAML ({_NAME_IN_PROBLEM.sub('', problem)})", "valid YAML", line)


def _mistake(path: Path, found: str, expected: str, line: int = 0) -> SettingsError:
    return SettingsError([Mistake(file=path, line=line, key="", found=found, expected=expected)])
