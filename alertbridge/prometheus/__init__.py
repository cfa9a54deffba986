"""What Prometheus knows: queried within a deadline, and parsed."""
