"""What the bridge counts about itself."""
