"""One subject a file: readings of the host become metric families."""
