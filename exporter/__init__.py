"""marax-exporter: CPU, memory and top processes of a host, for Prometheus."""
