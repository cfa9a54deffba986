"""Stand-ins for services that tests must never call."""
