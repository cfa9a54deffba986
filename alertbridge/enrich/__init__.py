"""What Prometheus knows about the hosts of a mail; optional, never in the way."""
