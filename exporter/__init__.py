"""marax-exporter: CPU, RAM and who uses them, on every host."""
