"""Nodes of a YAML document: what stands there, in words that may be printed, and which one a key leads to."""

import re

import yaml

NULL = "tag:yaml.org,2002:null"
_TEXT = "tag:yaml.org,2002:str"
_LONGEST_SHOWN = 60
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_./ -]{1,40}")
_PASSWORD_IN_URL = re.compile(r"//[^/\s]*@")
_PART_OF_A_HASH = re.compile(
    r"\$[A-Za-z0-9+/=,.]{11,}"
)  # its parameters, salt and digest, in any crypt format
_SURROGATE = re.compile("[\ud800-\udfff]")
_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")


def shown(node: yaml.Node) -> str:
    """Return what stands at *node*, shortened, and without what looks like a password or the hash of one."""
    if isinstance(node, yaml.MappingNode):
        return "keys with values"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if node.tag == NULL:
        return "nothing"
    value = masked(node.value)
    text = value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 3] + "..."
    return repr(text) if node.tag == _TEXT else text


def has_surrogates(node: yaml.Node) -> bool:
    """Return whether *node* is text with halves of characters, which nothing can write out."""
    return isinstance(node, yaml.ScalarNode) and _SURROGATE.search(node.value) is not None


def masked(text: str) -> str:
    """Return *text* without what looks like a password or the hash of one."""
    return _PASSWORD_IN_URL.sub("//***@", _PART_OF_A_HASH.sub("$***", text))


def key_of(parent: str, name: str) -> str:
    """Return the key of what stands below *parent* as *name*, which is shown only if it looks like a name."""
    shown_name = name if _PLAIN_NAME.fullmatch(name) else "(a key that is not shown)"
    return f"{parent}.{shown_name}" if parent else shown_name


def line_of(node: yaml.Node) -> int:
    """Return the line that *node* begins on, counted from 1; 0 if it is in no file."""
    return node.start_mark.line + 1 if node.start_mark else 0


def node_at(node: yaml.Node, key: str) -> yaml.Node:
    """Return the node that *key*, as `parameters.unit.choice`, leads to from *node*, as far as it does."""
    for name, index in _STEP.findall(key):
        if isinstance(node, yaml.SequenceNode) and index and int(index) < len(node.value):
            node = node.value[int(index)]
        elif isinstance(node, yaml.MappingNode) and name:
            node = next((value for named, value in node.value if named.value == name), node)
        else:
            break
    return node
