"""What runs every so often beside the intake and the delivery."""
