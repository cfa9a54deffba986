"""Sending: the courier's loop, and the ways a mail can leave."""
