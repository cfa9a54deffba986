"""A clock that stands still until it is told to move."""


class FakeClock:
    def __init__(self, unix_seconds: float = 1_790_000_000.0) -> None:
        self._unix_seconds = unix_seconds
        self._monotonic_seconds = 1000.0
        self._suspended_seconds = 0.0

    def unix_seconds(self) -> float:
        return self._unix_seconds

    def monotonic_seconds(self) -> float:
        return self._monotonic_seconds

    def boottime_seconds(self) -> float:
        return self._monotonic_seconds + self._suspended_seconds

    def suspend(self, seconds: float) -> None:
        """Let time pass as while the lid is closed: the monotonic clock stands still."""
        self._unix_seconds += seconds
        self._suspended_seconds += seconds

    def advance(self, seconds: float) -> None:
        self._unix_seconds += seconds
        self._monotonic_seconds += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock, as ntp or a person does; the monotonic one does not notice."""
        self._unix_seconds += seconds
