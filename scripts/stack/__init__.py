"""The whole of marax on real parts, on loopback: exporters, Prometheus, Alertmanager and the bridge."""
