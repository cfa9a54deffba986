"""Logging in, being let in, and logging out, by the users of one settings file."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from exporter.access.counts import AccessCounts
from exporter.access.passwords import LONGEST_PASSWORD_BYTES, PasswordChecks, Verdict, unmatched_hash
from exporter.access.revocations import Revocations
from exporter.access.session import Refusal, Session
from exporter.access.settings import LONGEST_NAME, UserSettings
from exporter.access.throttle import Throttle
from exporter.access.tokens import Token, Tokens

logger = logging.getLogger(__name__)

_NOBODY = "(unknown)"  # what is typed as a name may be a password


@dataclass(frozen=True, slots=True)
class Throttled:
    """Nothing was checked: there were too many failures before."""

    retry_after_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthState:
    """What outlives a change of the settings."""

    passwords: PasswordChecks
    throttle: Throttle
    revocations: Revocations
    counts: AccessCounts


class Authenticator:
    """Lets *users* in, and out again.

    Args:
        users: At least one.
        tokens: Issues and reads their tokens.
        auth_state: What outlives a change of the users.
        takes_query_tokens: Whether a token may come as `?token=`.
    """

    def __init__(
        self,
        users: Sequence[UserSettings],
        tokens: Tokens,
        auth_state: AuthState,
        *,
        takes_query_tokens: bool,
    ) -> None:
        self._users = {user.name: user for user in users}
        self._tokens = tokens
        self._auth_state = auth_state
        self._takes_query_tokens = takes_query_tokens
        costliest = max((user.password_hash.cost for user in users), key=lambda cost: cost.work_kib)
        self._nobodys_hash = unmatched_hash(costliest)

    @property
    def takes_query_tokens(self) -> bool:
        return self._takes_query_tokens

    def note(self, refusal: Refusal) -> None:
        """Count somebody who was not let in."""
        self._auth_state.counts.note_refusal(refusal)

    def log_in(self, name: str, password: str, *, address: str) -> Token | Throttled | Refusal:
        """Return a token if *password* is that of the user *name*, who calls from *address*.

        Neither the outcome nor the work that it takes reveals whether there is such a user.
        """
        wait_seconds = self._auth_state.throttle.wait_seconds(name[:LONGEST_NAME], address)
        if wait_seconds > 0:
            self.note(Refusal.THROTTLED)
            return Throttled(wait_seconds)
        user = self._users.get(name)
        match self._check(user, name, password):
            case Verdict.RIGHT if user is not None:
                return self._welcome(user, address)
            case Verdict.BUSY:
                self.note(Refusal.BUSY)
                return Refusal.BUSY
            case _:
                return self._turn_away(user, name, address)

    def admit(self, token: str) -> Session | Refusal:
        """Return the session that *token* stands for, if it is good and its user may still come in."""
        claims = self._tokens.read(token)
        if isinstance(claims, Refusal):
            return claims
        user = self._users.get(claims.sub)
        if user is None or claims.cred != self._tokens.mark(user.password_hash):
            return Refusal.BAD_TOKEN
        if self._auth_state.revocations.cover(claims):
            return Refusal.REVOKED_TOKEN
        return Session(
            user=user.name,
            role=min(user.role, claims.role),
            token_id=claims.jti,
            began_unix_seconds=claims.auth_time,
            expires_unix_seconds=claims.exp,
        )

    def renew(self, session: Session) -> Token | Refusal:
        """Return a new token for the one behind *session*, which ends; only the first caller gets one.

        Raises:
            NotStoredError: The old one could not be revoked, and is good still.
        """
        user = self._users.get(session.user)
        if user is None or not self._revoke(session):
            return Refusal.REVOKED_TOKEN
        not_before = self._auth_state.revocations.not_before(user.name)
        return self._tokens.issue(
            user, role=session.role, began=session.began_unix_seconds, not_before=not_before
        )

    def log_out(self, session: Session) -> None:
        """End the token behind *session*, for good.

        Raises:
            NotStoredError: It could not be, and the token is good still.
        """
        self._revoke(session)

    def log_out_everywhere(self, session: Session) -> None:
        """End all tokens of the user of *session*, for good.

        Raises:
            NotStoredError: It could not be, and they are good still.
        """
        self._auth_state.revocations.revoke_all(session.user)
        self._auth_state.counts.note_revoked()

    def _check(self, user: UserSettings | None, name: str, password: str) -> Verdict:
        encoded = password.encode(errors="surrogatepass")
        if len(encoded) > LONGEST_PASSWORD_BYTES or len(name) > LONGEST_NAME:
            return Verdict.WRONG
        password_hash = user.password_hash if user else self._nobodys_hash
        return self._auth_state.passwords.check(password_hash, encoded)

    def _welcome(self, user: UserSettings, address: str) -> Token:
        self._auth_state.throttle.note_success(user.name, address)
        self._auth_state.counts.note_login()
        logger.info("login", extra={"user": user.name, "address": address})
        not_before = self._auth_state.revocations.not_before(user.name)
        return self._tokens.issue(user, role=user.role, not_before=not_before)

    def _turn_away(self, user: UserSettings | None, name: str, address: str) -> Refusal:
        self._auth_state.throttle.note_failure(name[:LONGEST_NAME], address)
        self.note(Refusal.WRONG_LOGIN)
        shown = user.name if user else _NOBODY
        logger.warning("login failed", extra={"user": shown, "address": address})
        return Refusal.WRONG_LOGIN

    def _revoke(self, session: Session) -> bool:
        is_new = self._auth_state.revocations.revoke(
            session.user, session.token_id, expires=session.expires_unix_seconds
        )
        if is_new:
            self._auth_state.counts.note_revoked()
        return is_new
