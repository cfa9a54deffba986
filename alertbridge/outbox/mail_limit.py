"""Whether the limit of mails per hour lets a mail leave now: counted in the database, so across restarts."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from alertbridge.outbox.schema import IN_FLIGHT, LEAVING, Purpose, State, notices
from alertbridge.routing.limits import HOUR_SECONDS, LimitSettings, Use

_IS_DIGEST = (notices.c.purpose == Purpose.DIGEST) | notices.c.is_over_limit
_COUNT = select(func.count()).select_from(notices)
_ONE = select(notices.c.notice_id).limit(1)


@dataclass(frozen=True, slots=True)
class MailLimit:
    """The limit as it stands at that moment, in Unix seconds."""

    connection: Connection
    limits: LimitSettings
    now: float

    def allows(self, user_name: str, use: Use, *, besides: int = 0) -> bool:
        """Return whether a mail to that user may leave now, given all notices *besides* that one."""
        its = (notices.c.user_name == user_name) & (notices.c.notice_id != besides)
        if self._mails(its) >= self.limits.allowed(use):
            return False
        return use is not Use.DIGEST or not self._is_digest_recent(its)

    def _mails(self, its: ColumnElement[bool]) -> int:
        """Return how many mails were accepted within the hour, are in flight or may have been sent.

        What is repeated under the same Message-Id counts once.
        """
        is_recent = notices.c.doubt_unix_seconds > self.now - HOUR_SECONDS
        may_be_sent = or_(
            notices.c.state == State.PENDING, and_(notices.c.state == State.DEAD, is_recent)
        ) & notices.c.doubt_unix_seconds.is_not(None)
        queries = (
            _COUNT.where(its, self._is_accepted_within(HOUR_SECONDS)),
            _COUNT.where(its, may_be_sent),
            _COUNT.where(its, notices.c.state.in_(IN_FLIGHT)),
        )
        return sum(self.connection.scalar(query) or 0 for query in queries)

    def _is_digest_recent(self, its: ColumnElement[bool]) -> bool:
        """Return whether a digest left a moment ago, or is about to."""
        left = _ONE.where(its, _IS_DIGEST, self._is_accepted_within(self.limits.digest_seconds))
        leaving = _ONE.where(its, _IS_DIGEST, notices.c.state.in_(LEAVING))
        return any(self.connection.scalar(query) is not None for query in (left, leaving))

    def _is_accepted_within(self, seconds: float) -> ColumnElement[bool]:
        """Return the condition; a time far ahead is from before the clock was set back: it does not count."""
        settled = notices.c.settled_unix_seconds
        is_recent = (settled > self.now - seconds) & (settled <= self.now + HOUR_SECONDS)
        return is_recent & (notices.c.state == State.ACCEPTED)
