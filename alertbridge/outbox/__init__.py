"""The store: one transaction accepts a webhook; its notices stay here until they are settled."""
