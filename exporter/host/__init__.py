"""Reading the machine: /proc, /sys and psutil become plain values."""
