"""Builds the real parts and puts them together; the only room that does."""
