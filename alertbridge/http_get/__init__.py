"""GET over HTTP and HTTPS, within a deadline."""
