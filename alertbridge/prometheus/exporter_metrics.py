"""The metrics of marax-exporter that the bridge reads; a test holds them to those that it publishes."""

CPU_USAGE_RATIO = "marax_cpu_usage_ratio"
MEMORY_USAGE_RATIO = "marax_memory_usage_ratio"
MEMORY_TOTAL_BYTES = "marax_memory_total_bytes"
LOAD1 = "marax_load1"
CPUS_ONLINE = "marax_cpus_online"
BOOT_TIME_SECONDS = "marax_boot_time_seconds"
TIME_SECONDS = "marax_time_seconds"
TOP_CPU_USAGE_RATIO = "marax_top_process_cpu_usage_ratio"  # the labels of both: pid, name
TOP_MEMORY_RSS_BYTES = "marax_top_process_memory_rss_bytes"

VALUES = (CPU_USAGE_RATIO, MEMORY_USAGE_RATIO, MEMORY_TOTAL_BYTES, LOAD1, CPUS_ONLINE)
BOOT = (BOOT_TIME_SECONDS, TIME_SECONDS)
TOP_PROCESSES = (TOP_CPU_USAGE_RATIO, TOP_MEMORY_RSS_BYTES)

HOST_COLLECTORS = ("cpu", "load", "memory", "system")  # they offer the values and the boot
