"""Mail through Mailgun: its API, its answers, its events."""
