"""Mail into a Maildir on this machine."""
