"""From a webhook post to the store."""
