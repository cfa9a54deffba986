"""What an alert is and what it changes: pure, without I/O."""
