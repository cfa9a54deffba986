"""What may be run on this host, running it, and who ran what."""
