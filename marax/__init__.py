"""What both programs stand on: settings, serving, logging, secrets, clock and the command line."""
