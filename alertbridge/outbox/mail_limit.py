"""Whether the limit of mails per hour lets a mail leave now: counted in the database, so across restarts."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select

from alertbridge.outbox.schema import IN_FLIGHT, LEAVING, Purpose, State, notices
from alertbridge.routing.limits import HOUR_SECONDS, LimitSettings, Use

# Statements are made once: making them costs more than SQLite takes to run them
_ITS = (notices.c.user_name == bindparam("its_user_name")) & (notices.c.notice_id != bindparam("besides"))
_COUNT = select(func.count()).select_from(notices)
_IS_DIGEST = (notices.c.purpose == Purpose.DIGEST) | notices.c.is_over_limit


def _is_accepted_since(moment: str) -> ColumnElement[bool]:
    """Return the condition; a time far ahead is from before the clock was set back: it does not count."""
    settled = notices.c.settled_unix_seconds
    is_recent = (settled > bindparam(moment)) & (settled <= bindparam("ahead"))
    return is_recent & (notices.c.state == State.ACCEPTED)


_MAY_BE_SENT = notices.c.doubt_unix_seconds.is_not(None) & or_(
    notices.c.state == State.PENDING,
    and_(notices.c.state == State.DEAD, notices.c.doubt_unix_seconds > bindparam("hour_ago")),
)
# What is repeated under the same Message-Id is one notice
_MAILS = select(
    _COUNT.where(_ITS, _is_accepted_since("hour_ago")).scalar_subquery()
    + _COUNT.where(_ITS, _MAY_BE_SENT).scalar_subquery()
    + _COUNT.where(_ITS, notices.c.state.in_(IN_FLIGHT)).scalar_subquery()
)
_RECENT_DIGESTS = select(
    _COUNT.where(_ITS, _IS_DIGEST, _is_accepted_since("digests_since")).scalar_subquery()
    + _COUNT.where(_ITS, _IS_DIGEST, notices.c.state.in_(LEAVING)).scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class MailLimit:
    """The limit as it stands at that moment, in Unix seconds."""

    connection: Connection
    limits: LimitSettings
    now: float

    def allows(self, user_name: str, use: Use, *, besides: int = 0) -> bool:
        """Return whether a mail to that user may leave now, given all notices *besides* that one."""
        values = {
            "its_user_name": user_name,
            "besides": besides,
            "hour_ago": self.now - HOUR_SECONDS,
            "digests_since": self.now - self.limits.digest_seconds,
            "ahead": self.now + HOUR_SECONDS,
        }
        if (self.connection.scalar(_MAILS, values) or 0) >= self.limits.allowed(use):
            return False
        return use is not Use.DIGEST or not self.connection.scalar(_RECENT_DIGESTS, values)
