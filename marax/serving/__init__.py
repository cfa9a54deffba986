"""Serving HTTP with and without TLS, bounded in connections, time and bytes."""
