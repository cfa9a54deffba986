"""The one table of all metrics of marax-exporter. Names, types and labels are API: see docs/metrics.md.

A label's value here is the reason why its label values are bounded in number.
"""

from exporter.collectors.family import Family


def _gauge(name: str, text: str, /, **labels: str) -> Family:
    return Family(name=name, kind="gauge", help=text, labels=labels)


def _counter(name: str, text: str, /, **labels: str) -> Family:
    return Family(name=name, kind="counter", help=text, labels=labels)


def _info(name: str, text: str, /, **labels: str) -> Family:
    return Family(name=name, kind="info", help=text, labels=labels)


_MODES = "the kernel's eight modes"
_CORES = "one for each CPU of the host"
_RESOURCES = "cpu, memory, io and irq"
_STATES = "eight, always all of them"
_GROUPS = "at most `processes.groups` and three of our own"
_TOP = "at most 2 x `processes.top` at once, 60 new ones an hour"
_COLLECTORS = "one for each collector"
_COMMANDS = "those of the settings, `(shell)`, and `(unknown)` for what is none of them"
_CONSTANT = "one value as long as the host runs"

CPU_SECONDS = _counter(
    "marax_cpu_seconds_total",
    "CPU time by mode, summed over all CPUs; guest time is part of user.",
    mode=_MODES,
)
CPU_CORE_SECONDS = _counter(
    "marax_cpu_core_seconds_total", "CPU time by CPU and mode.", cpu=_CORES, mode=_MODES
)
CPU_USAGE_RATIO = _gauge(
    "marax_cpu_usage_ratio",
    "Share of the host's CPU time that was neither idle, iowait nor steal over `processes.window`, 0 to 1.",
)

LOAD1 = _gauge("marax_load1", "Load average over 1 minute.")
LOAD5 = _gauge("marax_load5", "Load average over 5 minutes.")
LOAD15 = _gauge("marax_load15", "Load average over 15 minutes.")

MEMORY_TOTAL = _gauge("marax_memory_total_bytes", "Memory that the kernel can use.")
MEMORY_AVAILABLE = _gauge("marax_memory_available_bytes", "Memory that can be had without swapping.")
MEMORY_FREE = _gauge("marax_memory_free_bytes", "Memory that is used for nothing at all.")
MEMORY_BUFFERS = _gauge("marax_memory_buffers_bytes", "Memory that buffers raw block devices.")
MEMORY_CACHED = _gauge("marax_memory_cached_bytes", "Memory that caches files, reclaimable slab included.")
MEMORY_USAGE_RATIO = _gauge("marax_memory_usage_ratio", "Share of memory that is not available, 0 to 1.")
SWAP_TOTAL = _gauge("marax_swap_total_bytes", "Size of all swap; 0 without any.")
SWAP_FREE = _gauge("marax_swap_free_bytes", "Swap that is not in use.")

SWAP_IN = _counter("marax_swap_in_bytes_total", "Bytes read back from swap.")
SWAP_OUT = _counter("marax_swap_out_bytes_total", "Bytes written to swap.")
MAJOR_FAULTS = _counter("marax_memory_major_faults_total", "Page faults that had to wait for a disk.")
OOM_KILLS = _counter("marax_memory_oom_kills_total", "Processes ended because memory ran out.")

PRESSURE_WAITING = _counter(
    "marax_pressure_waiting_seconds_total",
    "Time in which at least one task waited for the resource (PSI some).",
    resource=_RESOURCES,
)
PRESSURE_STALLED = _counter(
    "marax_pressure_stalled_seconds_total",
    "Time in which every task that was not idle waited for the resource (PSI full).",
    resource=_RESOURCES,
)

BOOT_TIME = _gauge("marax_boot_time_seconds", "When the host booted, in seconds since 1970.")
TIME = _gauge("marax_time_seconds", "The host's clock, in seconds since 1970.")
CPUS_ONLINE = _gauge("marax_cpus_online", "CPUs that are online.")
UNAME = _info(
    "marax_uname_info",
    "What uname(2) says; always 1.",
    sysname=_CONSTANT,
    release=_CONSTANT,
    version=_CONSTANT,
    machine=_CONSTANT,
    nodename=_CONSTANT,
)
OS = _info(
    "marax_os_info",
    "What os-release says; always 1.",
    id=_CONSTANT,
    version_id=_CONSTANT,
    pretty_name=_CONSTANT,
)
BUILD = _info(
    "marax_build_info", "The running marax-exporter; always 1.", version=_CONSTANT, python_version=_CONSTANT
)
CONTEXT_SWITCHES = _counter("marax_context_switches_total", "Context switches.")
FORKS = _counter("marax_forks_total", "Processes and threads started.")

CGROUP_MEMORY_LIMIT = _gauge("marax_cgroup_memory_limit_bytes", "Memory limit of the exporter's own cgroup.")
CGROUP_MEMORY_USAGE = _gauge(
    "marax_cgroup_memory_usage_bytes", "Memory charged to the exporter's own cgroup."
)
CGROUP_MEMORY_WORKING_SET = _gauge(
    "marax_cgroup_memory_working_set_bytes",
    "Memory charged to the exporter's own cgroup, less inactive files.",
)
CGROUP_CPU_LIMIT = _gauge("marax_cgroup_cpu_limit_cores", "CPU limit of the exporter's own cgroup, in CPUs.")
CGROUP_CPU_THROTTLED = _counter(
    "marax_cgroup_cpu_throttled_seconds_total", "Time for which the exporter's own cgroup was held back."
)
CONTAINER = _info(
    "marax_container_info",
    "The kind of container that the exporter runs in; always 1, absent outside one.",
    kind=_CONSTANT,
)

PROCESSES = _gauge("marax_processes", "Processes by state.", state=_STATES)
THREADS = _gauge("marax_threads", "Threads of all visible processes.")
PIDS_LIMIT = _gauge("marax_pids_limit", "Largest number of processes and threads that the kernel allows.")
PROCESS_VISIBILITY_RATIO = _gauge(
    "marax_process_visibility_ratio",
    "Visible threads by all threads of the host; well below 1 when /proc hides processes from the exporter.",
)
PROCESSES_UNREADABLE = _gauge("marax_processes_unreadable", "Listed processes that could not be read.")
PROCESS_SERIES_LIMIT = _gauge(
    "marax_process_series_limit", "Most series by group and top process that there can be at once."
)
PROCESS_NEW_SERIES_LIMIT = _gauge(
    "marax_process_new_series_limit",
    "Most new series by group and top process that there can be within any hour.",
)
SAMPLE_TIMESTAMP = _gauge(
    "marax_sample_timestamp_seconds", "When the processes were last read, in seconds since 1970."
)
SAMPLE_WINDOW = _gauge(
    "marax_sample_window_seconds", "Length of the window behind the per-process CPU ratios."
)
SAMPLER_INTERVAL = _gauge(
    "marax_sampler_interval_seconds",
    "Time between two readings of all processes, stretched when they are dear.",
)

GROUP_CPU_SECONDS = _counter(
    "marax_group_cpu_seconds_total",
    "CPU time by group of processes, exited children included; all groups sum to what the host used.",
    group=_GROUPS,
)
GROUP_MEMORY_RSS = _gauge(
    "marax_group_memory_rss_bytes",
    "Resident memory by group; a page that processes share counts once for each of them.",
    group=_GROUPS,
)
GROUP_PROCESSES = _gauge("marax_group_processes", "Processes by group.", group=_GROUPS)

TOP_CPU_USAGE_RATIO = _gauge(
    "marax_top_process_cpu_usage_ratio",
    "Share of the whole host's CPU time that the process used over the sample window, 0 to 1.",
    pid=_TOP,
    name=_TOP,
)
TOP_MEMORY_RSS = _gauge(
    "marax_top_process_memory_rss_bytes", "Resident memory of the process.", pid=_TOP, name=_TOP
)
TOP_INFO = _info(
    "marax_top_process_info",
    "Who the process is; always 1. The command line only if the settings say so.",
    pid=_TOP,
    name=_TOP,
    user=_TOP,
    ppid=_TOP,
    unit=_TOP,
    cmdline=_TOP,
)
TOP_IDENTITIES = _counter(
    "marax_top_identities_total",
    "Processes that became top processes; one that changed its name or parent counts again.",
)
TOP_IDENTITIES_LIMITED = _gauge(
    "marax_top_identities_limited",
    "1 while newcomers among the top processes appear only in their group, as too many came within the hour.",
)

COLLECTOR_DURATION = _gauge(
    "marax_collector_duration_seconds",
    "How long the collector took, or has been taking.",
    collector=_COLLECTORS,
)
COLLECTOR_SUCCESS = _gauge(
    "marax_collector_success", "1 if the collector's families are in this scrape.", collector=_COLLECTORS
)
COLLECTOR_TIMED_OUT = _gauge(
    "marax_collector_timed_out", "1 if the collector was not done by the deadline.", collector=_COLLECTORS
)
COLLECTOR_ERRORS = _counter(
    "marax_collector_errors_total",
    "Scrapes that went without this collector's families.",
    collector=_COLLECTORS,
)
CONFIG_RELOAD_SUCCESS = _gauge(
    "marax_config_reload_success", "1 if the settings in force are those in the file."
)
CONFIG_RELOAD_TIMESTAMP = _gauge(
    "marax_config_reload_timestamp_seconds", "When settings were last taken up, in seconds since 1970."
)
HTTP_REQUESTS = _counter(
    "marax_http_requests_total",
    "HTTP requests by endpoint and status code.",
    endpoint="our routes, and `unknown` for all else",
    code="the status codes that we answer with",
)

AUTH_FAILURES = _counter(
    "marax_auth_failures_total",
    "Logins and requests that were refused for want of a password, a token or a role, by reason.",
    reason="eight, always all of them",
)
LOGINS = _counter("marax_logins_total", "Logins that were granted.")
TOKENS_REVOKED = _counter(
    "marax_tokens_revoked_total", "Tokens ended by logout or renewal; a logout everywhere counts once."
)

COMMAND_RUNS = _counter(
    "marax_command_runs_total",
    "Commands that were asked for, by what came of it: how the run ended, or why there was none.",
    command=_COMMANDS,
    outcome="four ends of runs, and seven reasons for none",
)
COMMAND_SECONDS = _counter(
    "marax_command_seconds_total", "Time that runs of the command took.", command=_COMMANDS
)
COMMANDS_RUNNING = _gauge("marax_commands_running", "Commands that are running.")

EXPORTER_CPU_SECONDS = _counter(
    "process_cpu_seconds_total", "Total user and system CPU time spent in seconds."
)
EXPORTER_VIRTUAL_MEMORY = _gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.")
EXPORTER_RESIDENT_MEMORY = _gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
EXPORTER_START_TIME = _gauge(
    "process_start_time_seconds", "Start time of the process since unix epoch in seconds."
)
EXPORTER_OPEN_FDS = _gauge("process_open_fds", "Number of open file descriptors.")
EXPORTER_MAX_FDS = _gauge("process_max_fds", "Maximum number of open file descriptors.")

FAMILIES = tuple(row for row in list(vars().values()) if isinstance(row, Family))
