"""Who is told, by what, and when not: pure decisions over settings."""
