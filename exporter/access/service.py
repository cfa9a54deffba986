"""The access that the settings in force ask for; closed without users, and then nothing is on disk."""

from collections.abc import Callable, Sequence
from pathlib import Path

from exporter.access.authenticator import Authenticator, AuthState
from exporter.access.counts import AccessCounts
from exporter.access.passwords import PasswordChecks
from exporter.access.revocations import Revocations
from exporter.access.settings import TokenSettings, UserSettings
from exporter.access.signing_key import own_key, read_key
from exporter.access.throttle import Throttle
from exporter.access.tokens import Tokens
from marax.clock import Clock
from marax.settings.mistakes import Mistake, SettingsError


class AuthService:
    """Opens for users and closes without them, as the settings change.

    Args:
        state_dir: Holds this host's own key, and the revocations; made when the first users come.
        checks: Makes what checks passwords, when the first users come.
        clock: For everything that ends.
    """

    def __init__(self, state_dir: Path, *, checks: Callable[[], PasswordChecks], clock: Clock) -> None:
        self._state_dir = state_dir
        self._checks = checks
        self._clock = clock
        self._auth_state: AuthState | None = None
        self._access: Authenticator | None = None
        self.counts = AccessCounts()

    def access(self) -> Authenticator | None:
        """Return what admits now; None without users."""
        return self._access

    def open_to(self, users: Sequence[UserSettings], tokens: TokenSettings) -> None:
        """Let *users* in from now on, and nobody else.

        Raises:
            SettingsError: The key or the state folder cannot be used; all is as before.
        """
        if not users:
            self._access = None
            return
        key = read_key(tokens.key_file) if tokens.key_file else own_key(self._state_dir)
        if self._auth_state is None:
            self._auth_state = AuthState(
                passwords=self._checks(),
                throttle=Throttle(self._clock),
                revocations=self._revocations(),
                counts=self.counts,
            )
        self._access = Authenticator(
            users,
            Tokens(key, tokens, self._clock),
            self._auth_state,
            takes_query_tokens=tokens.in_query,
        )

    def close(self) -> None:
        """Let nobody in, and leave the state folder to others."""
        self._access = None
        if self._auth_state is not None:
            self._auth_state.revocations.close()
            self._auth_state = None

    def _revocations(self) -> Revocations:
        try:
            self._state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Revocations(self._state_dir, self._clock)
        except BlockingIOError as error:
            raise self._wrong("a folder that another exporter uses", "one of this exporter's own") from error
        except OSError as error:
            found = f"a folder that cannot be used ({error.strerror})"
            raise self._wrong(found, "one that the exporter's user can write") from error

    def _wrong(self, found: str, expected: str) -> SettingsError:
        mistake = Mistake(
            file=self._state_dir,
            line=0,
            key="",
            found=found,
            expected=f"{expected}: `state_dir:` in the settings names it",
        )
        return SettingsError([mistake])
