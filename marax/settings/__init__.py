"""Settings files: read whole, every mistake named with its line, into frozen values."""
