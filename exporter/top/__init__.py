"""`marax-exporter top`: who uses the CPU and the memory of this host, now, in a terminal."""
