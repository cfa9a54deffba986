"""Tokens: JSON Web Tokens of one single form, so that nothing about them is open to interpretation."""

import base64
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Annotated, Literal

import jwt
import msgspec

from exporter.access.roles import Role
from exporter.access.session import Refusal
from exporter.access.settings import PasswordHash, TokenSettings, UserName, UserSettings
from marax.clock import Clock
from marax.settings.secret import Secret

LEEWAY_SECONDS = 10
_LONGEST = 4096
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_ALGORITHM: Literal["HS256"] = "HS256"
_HEADER = {"alg": _ALGORITHM, "typ": "marax+jwt"}
_MARK_BYTES = 12

_Moment = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
_Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{22}\Z")]


class Claims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a token says: RFC 7519, section 4.1, and OpenID Connect's `auth_time`.

    Attributes:
        cred: Changes with the password; reveals nothing about it.
    """

    iss: Literal["marax-exporter"] = "marax-exporter"
    aud: Literal["marax-exporter"] = "marax-exporter"
    sub: UserName
    role: Role
    iat: _Moment
    nbf: _Moment
    exp: _Moment
    auth_time: _Moment
    jti: _Id
    cred: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token to hand out; *text* is what opens the door."""

    text: str = field(repr=False)
    role: Role
    expires_in_seconds: int


class Tokens:
    """Issues tokens under *key*, and reads those that were issued under it, here or on another host."""

    def __init__(self, key: Secret, settings: TokenSettings, clock: Clock) -> None:
        self._key = key.reveal().encode()
        self._lifetime_seconds = int(settings.lifetime_seconds)
        self._max_session_seconds = int(settings.max_session_seconds)
        self._clock = clock
        self._signatures = jwt.PyJWS(algorithms=[_ALGORITHM])

    def issue(
        self, user: UserSettings, *, role: Role, began: int | None = None, not_before: int = 0
    ) -> Token:
        """Return a token for *user* as *role*, whose session *began* at that Unix time, now if None.

        It ends with the session, and is dated *not_before* if that is later than now.
        """
        issued = max(int(self._clock.unix_seconds()), not_before)
        auth_time = issued if began is None else began
        expires = min(issued + self._lifetime_seconds, auth_time + self._max_session_seconds)
        claims = Claims(
            sub=user.name,
            role=role,
            iat=issued,
            nbf=issued,
            exp=expires,
            auth_time=auth_time,
            jti=secrets.token_urlsafe(16),
            cred=self.mark(user.password_hash),
        )
        text = self._signatures.encode(
            msgspec.json.encode(claims), self._key, algorithm=_ALGORITHM, headers=dict(_HEADER)
        )
        return Token(text=text, role=role, expires_in_seconds=expires - issued)

    def read(self, text: str) -> Claims | Refusal:
        """Return what the token *text* says if it was issued under this key and is good now."""
        if len(text) > _LONGEST or not _SHAPE.fullmatch(text):
            return Refusal.BAD_TOKEN
        try:
            signed = self._signatures.decode_complete(text, self._key, algorithms=[_ALGORITHM])
            claims = msgspec.json.decode(signed["payload"], type=Claims)
        except (jwt.InvalidTokenError, msgspec.MsgspecError, UnicodeDecodeError):
            return Refusal.BAD_TOKEN
        # What was written in another way than ours may mean another thing to another reader.
        if signed["header"] != _HEADER or msgspec.json.encode(claims) != signed["payload"]:
            return Refusal.BAD_TOKEN
        return self._judge(claims)

    def mark(self, password_hash: PasswordHash) -> str:
        """Return what changes with the password behind *password_hash*."""
        message = b"marax-exporter password\0" + password_hash.reveal().encode()
        digest = hmac.digest(self._key, message, "sha256")[:_MARK_BYTES]
        return base64.urlsafe_b64encode(digest).decode()

    def _judge(self, claims: Claims) -> Claims | Refusal:
        now_seconds = self._clock.unix_seconds()
        if claims.exp <= now_seconds:
            return Refusal.EXPIRED_TOKEN
        is_early = max(claims.iat, claims.nbf, claims.auth_time) > now_seconds + LEEWAY_SECONDS
        is_long = (
            claims.exp - claims.iat > self._lifetime_seconds
            or claims.exp - claims.auth_time > self._max_session_seconds
        )
        return Refusal.BAD_TOKEN if is_early or is_long or claims.nbf < claims.iat else claims
