"""The paths that both programs have, and how they are treated."""


def is_kept(path: str) -> bool:
    """Return whether *path* is served by the threads that are kept for monitoring."""
    return is_guarded(path) or path.startswith("/-/")


def is_guarded(path: str) -> bool:
    """Return whether *path* is for the web config's `basic_auth_users`, if it has any.

    Flask takes two slashes for one.
    """
    return path.strip("/") == "metrics"
