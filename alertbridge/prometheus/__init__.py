"""What Prometheus knows: asked within a deadline, and parsed."""
