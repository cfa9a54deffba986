"""Who is notified, by what, and when not: pure decisions over settings."""
