"""The measurements: what the exporter costs and promises, side by side with its peers, in figures."""
