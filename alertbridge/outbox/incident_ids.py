"""The names of incidents: short enough to be read out."""

import secrets

# Without letters and digits that people confuse
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 7


def new_incident_id() -> str:
    """Return a name by chance, one of 10^10."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
