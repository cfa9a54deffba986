"""What each kind of mail says, section by section."""
