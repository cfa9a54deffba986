"""`marax-exporter doctor`: what this host hides from the exporter, and how to change that."""
