"""From a claimed notice to the mail that tells it."""
