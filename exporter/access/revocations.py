"""Revoked tokens: on disk before a revocation is confirmed."""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

from exporter.access.append_log import AppendLog
from exporter.access.tokens import Claims
from marax.clock import Clock

logger = logging.getLogger(__name__)

_FILE = "revocations.jsonl"
_KEPT_SECONDS = 3600  # beyond a token's end, in case the clock is set back
_LONGEST_LIFETIME_SECONDS = 3600
_MOST_OF_A_USER = 4096
_MOST_SPARE_LINES = 1024
_EVERYONE = ""


class NotStoredError(Exception):
    """A revocation could not be written to disk, and is not in force."""


class Revocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line of the file: one token of a user, or all that were issued before a moment (Unix time).

    Attributes:
        user: Empty for everyone.
        until: When it may be forgotten.
    """

    user: str
    until: int
    token: str = ""
    not_before: int = 0


class Revocations:
    """Keeps revocations in the file `revocations.jsonl` of *state_dir*.

    A last line that a crash has cut short was never confirmed: it is dropped with a warning. If
    any other line cannot be read, all tokens issued so far are revoked.

    Raises:
        OSError: The file cannot be read or written; BlockingIOError if another exporter keeps it.
    """

    def __init__(self, state_dir: Path, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept = _Kept()
        self._lines = self._most_lines = 0
        self._log = AppendLog(state_dir / _FILE)
        try:
            self._recover()
            self._compact()
        except OSError:
            self._log.close()
            raise

    def cover(self, claims: Claims) -> bool:
        """Return whether the token that makes *claims* is revoked."""
        return self._kept.cover(claims)

    def not_before(self, user: str) -> int:
        """Return the Unix time before which no token of *user* is good any more."""
        return self._kept.not_before(user)

    def revoke(self, user: str, token_id: str, *, expires: int) -> bool:
        """Revoke a token of *user* that ends at that Unix time; return whether it was good so far.

        Raises:
            NotStoredError: Nothing has changed.
        """
        with self._lock:
            of_user = self._kept.tokens[user]
            if token_id in of_user:
                return False
            one = Revocation(user=user, token=token_id, until=expires + _KEPT_SECONDS)
            self._store(one if len(of_user) < _MOST_OF_A_USER else self._all_of(user))
            return True

    def revoke_all(self, user: str) -> None:
        """Revoke all tokens of *user*; a new one has to be dated `not_before` at least.

        Raises:
            NotStoredError: Nothing has changed.
        """
        with self._lock:
            self._store(self._all_of(user))

    def close(self) -> None:
        """Leave the file to others."""
        self._log.close()

    def _all_of(self, user: str) -> Revocation:
        not_before = max(int(self._clock.unix_seconds()) + 1, self.not_before(user))
        until = not_before + _LONGEST_LIFETIME_SECONDS + _KEPT_SECONDS
        return Revocation(user=user, not_before=not_before, until=until)

    def _store(self, revocation: Revocation) -> None:
        try:
            self._log.append(msgspec.json.encode(revocation))
        except OSError as error:
            raise NotStoredError(f"a revocation cannot be written: {error.strerror}") from error
        self._kept.put(revocation)
        self._lines += 1
        if self._lines > self._most_lines:
            try:
                self._compact()
            except OSError as error:
                logger.warning("revocations not compacted", extra={"error": error.strerror})

    def _recover(self) -> None:
        lines, rest = self._log.lines()
        if rest:
            logger.warning("dropped a truncated revocation", extra={"bytes": len(rest)})
        for number, line in enumerate(lines, start=1):
            try:
                self._kept.put(msgspec.json.decode(line, type=Revocation))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                logger.warning("unreadable revocation, revoking all tokens", extra={"line": number})
                self._kept.put(self._all_of(_EVERYONE))

    def _compact(self) -> None:
        now_seconds = self._clock.unix_seconds()
        kept = _Kept()
        for revocation in self._kept:
            if revocation.until > now_seconds:
                kept.put(revocation)
        self._log.replace(map(msgspec.json.encode, kept))
        self._kept = kept
        self._lines = len(kept)
        self._most_lines = 2 * len(kept) + _MOST_SPARE_LINES


class _Kept:
    """The revocations in force; asked without a lock while one thread puts."""

    def __init__(self) -> None:
        self.tokens: defaultdict[str, dict[str, Revocation]] = defaultdict(dict)
        self._users: dict[str, Revocation] = {}

    def __iter__(self) -> Iterator[Revocation]:
        """Yield those of all of a user's first, as to put one drops the others that it covers."""
        yield from self._users.values()
        for of_user in self.tokens.values():
            yield from of_user.values()

    def __len__(self) -> int:
        return len(self._users) + sum(map(len, self.tokens.values()))

    def put(self, revocation: Revocation) -> None:
        if revocation.token:
            self.tokens[revocation.user][revocation.token] = revocation
        else:
            self._users[revocation.user] = revocation
            self.tokens.pop(revocation.user, None)

    def cover(self, claims: Claims) -> bool:
        # In this order: what is dropped from the tokens is covered by then.
        is_listed = claims.jti in self.tokens.get(claims.sub, ())
        return is_listed or claims.iat < self.not_before(claims.sub)

    def not_before(self, user: str) -> int:
        found = self._users.get(user), self._users.get(_EVERYONE)
        return max((revocation.not_before for revocation in found if revocation), default=0)
