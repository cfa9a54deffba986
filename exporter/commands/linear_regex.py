r"""Regular expressions that never take long: a text is read once, and nothing is tried a second time.

The syntax is what Python, JavaScript and RE2 share: characters, `.`, classes such as `[a-z]` and `\d`,
groups, `|`, and `*`, `+`, `?`, `{2}`, `{2,}`, `{2,5}`; `^` and `$` may stand at the ends. What `re` takes
exponential time for, as `(a+)+`, takes no longer here than others. The method is Glushkov's ("The abstract
theory of automata", 1961): each place for a character in the expression is a state of the automaton.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial, reduce

MOST_PLACES = 1000
MOST_STEPS = 128 * 1024  # less than a tenth of a second
_TOKEN = re.compile(
    r"""(?P<place>\\[dDwWsS] | \\[^A-Za-z0-9] | [^\\\[\](){}|*+?^$]
                | \[\^?(?:\\.|(?!--|&&|~~|\|\|)[^\[\]\\])+\])
      | (?P<times>[*+?] | \{(?P<least>[0-9]{1,4})(?P<to>,(?P<most>[0-9]{0,4}))?\})
      | (?P<mark>\(\?: | [()|])""",
    re.VERBOSE,
)

_END_MARK = re.compile(r"(?<!\\)(?:\\\\)*\$\Z")


class Expression:
    """A regular expression.

    Attributes:
        places: For how many characters it has a place, with repetitions written out. A text takes as many
            steps as they times its length, at most.

    Raises:
        ValueError: *text* is none, or has more than 1,000 places; says where.
    """

    def __init__(self, text: str) -> None:
        try:
            build = _Parser(text).whole()
        except RecursionError:
            raise ValueError("groups are nested too deeply") from None
        self._automaton = _Automaton()
        self._whole = build(self._automaton)

    @property
    def places(self) -> int:
        return len(self._automaton.follow)

    def matches(self, text: str) -> bool:
        """Return whether the whole of *text* matches."""
        if not text:
            return self._whole.is_optional
        reached, within_reach = 0, self._whole.first
        accepting: dict[str, int] = {}
        for char in text:
            if char not in accepting:
                accepting[char] = self._automaton.accepting(char)
            reached = within_reach & accepting[char]
            within_reach = self._automaton.after(reached)
        return bool(reached & self._whole.last)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of an expression: sets of places are integers, a bit for each."""

    is_optional: bool
    first: int
    last: int


_Build = Callable[["_Automaton"], _Part]
_EMPTY = _Part(is_optional=True, first=0, last=0)


class _Automaton:
    def __init__(self) -> None:
        self.follow: list[int] = []
        self._by_class: dict[re.Pattern[str], int] = {}

    def accepting(self, char: str) -> int:
        found = (places for one, places in self._by_class.items() if one.fullmatch(char))
        return reduce(int.__or__, found, 0)

    def after(self, places: int) -> int:
        return reduce(int.__or__, (self.follow[place] for place in _bits(places)), 0)

    def place(self, char_class: re.Pattern[str]) -> _Part:
        if len(self.follow) == MOST_PLACES:
            raise ValueError(f"more than {MOST_PLACES} characters, with repetitions written out")
        bit = 1 << len(self.follow)
        self.follow.append(0)
        self._by_class[char_class] = self._by_class.get(char_class, 0) | bit
        return _Part(is_optional=False, first=bit, last=bit)

    def sequence(self, parts: Iterable[_Part]) -> _Part:
        return reduce(self._both, parts, _EMPTY)

    def several(self, part: _Part) -> _Part:
        self._connect(part.last, part.first)
        return part

    def _both(self, one: _Part, other: _Part) -> _Part:
        self._connect(one.last, other.first)
        return _Part(
            is_optional=one.is_optional and other.is_optional,
            first=one.first | (other.first if one.is_optional else 0),
            last=other.last | (one.last if other.is_optional else 0),
        )

    def _connect(self, last: int, first: int) -> None:
        for place in _bits(last):
            self.follow[place] |= first


def _bits(places: int) -> Iterator[int]:
    while places:
        lowest = places & -places
        yield lowest.bit_length() - 1
        places ^= lowest


class _Parser:
    """Reads an expression from left to right; what it returns adds the places of a part to an automaton."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = len(text) - bool(_END_MARK.search(text))
        self._at = 1 if text.startswith("^") else 0

    def whole(self) -> _Build:
        build = self._choice()
        if self._at < self._end:
            raise self._unexpected()
        return build

    def _choice(self) -> _Build:
        builds = [self._sequence()]
        while self._take("|"):
            builds.append(self._sequence())
        return partial(_one_of, builds)

    def _sequence(self) -> _Build:
        builds: list[_Build] = []
        while (build := self._atom()) is not None:
            times = self._next("times")
            builds.append(partial(_repeated, build, *_bounds(times)) if times else build)
        return lambda automaton: automaton.sequence(build(automaton) for build in builds)

    def _atom(self) -> _Build | None:
        place = self._next("place")
        if place is not None:
            char_class = re.compile(place[0], re.ASCII)
            return lambda automaton: automaton.place(char_class)
        if not self._take("(") and not self._take("(?:"):
            return None
        build = self._choice()
        if not self._take(")"):
            raise self._unexpected()
        return build

    def _take(self, mark: str) -> bool:
        found = _TOKEN.match(self._text, self._at, self._end)
        if found is None or found["mark"] != mark:
            return False
        self._at = found.end()
        return True

    def _next(self, kind: str) -> re.Match[str] | None:
        found = _TOKEN.match(self._text, self._at, self._end)
        if found is None or found[kind] is None:
            return None
        self._at = found.end()
        return found

    def _unexpected(self) -> ValueError:
        rest = self._text[self._at :]
        return ValueError(
            f"unexpected {rest[:10]!r} at character {self._at + 1}" if rest else "unexpected end"
        )


def _one_of(builds: Iterable[_Build], automaton: _Automaton) -> _Part:
    parts = [build(automaton) for build in builds]
    return _Part(
        is_optional=any(part.is_optional for part in parts),
        first=reduce(int.__or__, (part.first for part in parts)),
        last=reduce(int.__or__, (part.last for part in parts)),
    )


def _bounds(times: re.Match[str]) -> tuple[int, int | None]:
    usual = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if times[0] in usual:
        return usual[times[0]]
    least = int(times["least"])
    most = int(times["most"]) if times["most"] else None
    bounds = (least, most if times["to"] else least)
    if bounds[1] is not None and bounds[1] < least:
        raise ValueError(f"{times[0]!r} with its bounds reversed")
    return bounds


def _repeated(build: _Build, least: int, most: int | None, automaton: _Automaton) -> _Part:
    parts = [build(automaton) for _ in range(least)]
    if most is None and parts:
        parts[-1] = automaton.several(parts[-1])
    elif most is None:
        parts.append(_optional(automaton.several(build(automaton))))
    else:
        rest = _EMPTY
        for _ in range(most - least):
            rest = _optional(automaton.sequence((build(automaton), rest)))
        parts.append(rest)
    return automaton.sequence(parts)


def _optional(part: _Part) -> _Part:
    return _Part(is_optional=True, first=part.first, last=part.last)
