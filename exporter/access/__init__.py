"""Who may come in, and as what: users, passwords, tokens, revocation, throttling, roles."""
