"""The store: one transaction accepts a webhook; what it owes to people stays here until it is settled."""
