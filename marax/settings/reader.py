"""Settings files: YAML -> frozen values, or every mistake in the file at once.

The shape of a file is a tree of frozen `msgspec.Struct` types. A leaf that msgspec does not know has a
classmethod `from_setting(value)` that raises ValueError saying what it expected; one that is a `Secret` is
never shown. A struct whose values may not go together has a method `mistakes()` that yields key, found and
expected of each that does not.
"""

import difflib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
import yaml

from marax.settings.document import read_document
from marax.settings.expected import expected_of
from marax.settings.mistakes import Mistake, SettingsError
from marax.settings.secret import Secret
from marax.settings.yaml_nodes import NULL, has_surrogates, key_of, line_of, masked, node_at, shown

_MOST_TOLD = 50  # mistakes of one file; nobody reads more

Shape = TypeVar("Shape", bound=msgspec.Struct)


def unique(*keys: str) -> msgspec.Meta:
    """Return the annotation of a list whose elements must differ in each of *keys*."""
    return msgspec.Meta(extra={"unique": keys})


def read_settings(path: Path, shape: type[Shape]) -> Shape:
    """Return what the YAML file at *path* says, as a *shape*.

    Raises:
        SettingsError: The file is missing, unreadable, not YAML, or does not have the shape.
    """
    document = read_document(path)
    reader = _Reader(path, document.loader)
    built = reader.build(document.root, shape, "")
    if reader.mistakes or not isinstance(built, shape):
        raise SettingsError(reader.mistakes, left_out=reader.left_out)
    return built


class _Wrong:
    """Stands where a value could not be built; its mistake is noted already."""


class _Reader:
    def __init__(self, path: Path, loader: yaml.SafeLoader) -> None:
        self._path = path
        self._yaml = loader
        self.mistakes: list[Mistake] = []
        self.left_out = 0  # mistakes beyond those that are told

    def build(self, node: yaml.Node, shape: Any, key: str) -> Any:
        if get_origin(shape) is Annotated:
            return self._annotated(node, shape, key)
        if get_origin(shape) in (Union, types.UnionType):
            return self._optional(node, shape, key)
        if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
            return self._struct(node, shape, key)
        if get_origin(shape) is tuple:
            return self._list(node, get_args(shape)[0], key)
        if get_origin(shape) is dict:
            return self._mapping(node, get_args(shape)[1], key)
        return self._leaf(node, shape, key)

    def _annotated(self, node: yaml.Node, shape: Any, key: str) -> Any:
        inner, *metas = get_args(shape)
        if get_origin(inner) is tuple:
            built = self.build(node, inner, key)
            for meta in metas:
                self._note_repeats(node, (meta.extra or {}).get("unique", ()), key)
            return built
        return self._leaf(node, shape, key)

    def _optional(self, node: yaml.Node, shape: Any, key: str) -> Any:
        if node.tag == NULL:
            return None
        (inner,) = (part for part in get_args(shape) if part is not type(None))
        return self.build(node, inner, key)

    def _struct(self, node: yaml.Node, shape: type[msgspec.Struct], key: str) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self._note(node, key, shown(node), "keys with values")
        fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
        values, whole = {}, True
        for name, name_node, value_node in self._items(node, key):
            field = fields.get(name)
            if field is None:
                self._note_unknown(name_node, key_of(key, name), name, list(fields))
                continue
            values[field.name] = self.build(value_node, field.type, key_of(key, name))
        for name, field in fields.items():
            if field.required and field.name not in values:
                self._note(node, key_of(key, name), "nothing", expected_of(field.type))
                whole = False
        if not whole or _Wrong in map(type, values.values()):
            return _Wrong()
        built = shape(**values)
        for within, found, expected in built.mistakes() if hasattr(built, "mistakes") else ():
            self._note(node_at(node, within), f"{key}.{within}".strip("."), found, expected)
        return built

    def _list(self, node: yaml.Node, shape: Any, key: str) -> Any:
        if not isinstance(node, yaml.SequenceNode):
            return self._note(node, key, shown(node), "a list")
        built = tuple(self.build(child, shape, f"{key}[{i}]") for i, child in enumerate(node.value))
        return _Wrong() if _Wrong in map(type, built) else built

    def _mapping(self, node: yaml.Node, shape: Any, key: str) -> Any:
        items = self._items(node, key)
        built = {name: self.build(value, shape, key_of(key, name)) for name, _, value in items}
        return _Wrong() if _Wrong in map(type, built.values()) else built

    def _leaf(self, node: yaml.Node, shape: Any, key: str) -> Any:
        is_secret = isinstance(shape, type) and issubclass(shape, Secret)
        found = "something that is not shown" if is_secret and node.tag != NULL else shown(node)
        if has_surrogates(node):
            return self._note(node, key, found, "text of whole characters")
        try:
            value = self._yaml.construct_object(node, deep=True)
        except (
            yaml.YAMLError,
            ValueError,
            LookupError,
            AttributeError,
        ):  # all that `!!int x` and others raise
            return self._note(node, key, found, expected_of(shape))
        try:
            if hasattr(shape, "from_setting"):
                return shape.from_setting(value)
            return msgspec.convert(value, shape, strict=True, dec_hook=_decode)
        except msgspec.ValidationError:
            return self._note(node, key, found, expected_of(shape))
        except ValueError as error:
            return self._note(node, key, found, str(error))

    def _items(self, node: yaml.Node, key: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self._note(node, key, shown(node), "keys with values")
            return
        seen = set()
        for name_node, value_node in node.value:
            name = str(name_node.value)
            if name in seen:
                self._note(name_node, key_of(key, name), "this key a second time", "each key once")
                continue
            seen.add(name)
            yield name, name_node, value_node

    def _note_repeats(self, node: yaml.Node, names: tuple[str, ...], key: str) -> None:
        elements = node.value if isinstance(node, yaml.SequenceNode) else []
        for name in names:
            first_line: dict[str, int] = {}
            for i, element in enumerate(elements):
                for name_node, value_node in element.value if isinstance(element, yaml.MappingNode) else []:
                    if name_node.value != name or not isinstance(value_node, yaml.ScalarNode):
                        continue
                    if value_node.value in first_line:
                        found = f"{shown(value_node)} again (first on line {first_line[value_node.value]})"
                        self._note(value_node, f"{key}[{i}].{name}", found, f"a {name} that no other has")
                    first_line.setdefault(value_node.value, value_node.start_mark.line + 1)

    def _note_unknown(self, node: yaml.Node, key: str, name: str, known: list[str]) -> None:
        if len(self.mistakes) == _MOST_TOLD:  # spares the search
            self.left_out += 1
            return
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        expected = f"{close[0]!r}, perhaps" if close else f"one of {', '.join(known)}"
        self._note(node, key, "an unknown key", expected)

    def _note(self, node: yaml.Node, key: str, found: str, expected: str) -> _Wrong:
        if len(self.mistakes) == _MOST_TOLD:
            self.left_out += 1
            return _Wrong()
        key, found, expected = map(masked, (key, found, expected))
        self.mistakes.append(
            Mistake(file=self._path, line=line_of(node), key=key, found=found, expected=expected)
        )
        return _Wrong()


def _decode(shape: type, value: object) -> object:
    if shape is Path and isinstance(value, str) and value and "\0" not in value:
        return Path(value)
    raise ValueError(expected_of(shape))
