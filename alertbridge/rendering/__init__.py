"""Mail as a pure function of facts."""
