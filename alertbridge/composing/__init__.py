"""From a claimed notice to its mail."""
