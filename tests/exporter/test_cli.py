"""The installed command, as a person or systemd runs it."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.exporter.confined import run_confined
from tests.programs import program_or_skip
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.system

COMMAND = Path(sys.executable).with_name("marax-exporter")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "exporter.yml"
    path.write_text("listen: 127.0.0.1:0\n")
    return path


class Served:
    """A `marax-exporter serve` on a free port, and what it says."""

    def __init__(self, config: Path, *options: str, under: Sequence[str] = ()) -> None:
        self._log = config.with_suffix(".log")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([*under, COMMAND, "--config", config, *options], stderr=log)
        wait_until(lambda: "msg=listening" in self.log, lambda: f"it listens; its log: {self.log}")
        found = re.search(r"address=(\S+)", self.log)
        assert found
        self.url = f"http://{found[1]}"

    @property
    def log(self) -> str:
        return self._log.read_text()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE_SECONDS) as answer:
            text: str = answer.read().decode()
            return text

    def sample(self, name: str) -> float | None:
        families = text_string_to_metric_families(self.get("/metrics"))
        return next((s.value for family in families for s in family.samples if s.name == name), None)

    def tell(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> int:
        self._process.terminate()
        return self._process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def served(config: Path) -> Iterator[Served]:
    exporter = Served(config)
    yield exporter
    exporter.kill()


def is_ready(exporter: Served) -> bool:
    try:
        return exporter.get("/-/ready") == "marax-exporter is ready.\n"
    except urllib.error.HTTPError as error:
        error.close()
        return False


def test_help_begins_with_what_people_type():
    said = run("--help")

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("Examples:\n  marax-exporter ")


@pytest.mark.parametrize("command", ["serve", "check-config", "metrics", "top", "doctor", "hash-password"])
def test_every_command_has_an_example(command: str):
    said = run(command, "--help")

    assert said.returncode == 0
    assert said.stdout.startswith(f"Examples:\n  marax-exporter {command}")


def test_says_its_version():
    assert re.fullmatch(r"marax, version \d+\.\d+\.\d+\n", run("--version").stdout)


@pytest.mark.parametrize("arguments", [["sevre"], ["--colour"], ["metrics", "--all"], ["check-config", "x"]])
def test_a_wrong_command_line_ends_with_2(arguments: list[str]):
    said = run(*arguments)

    assert (said.returncode, said.stdout) == (2, "")
    assert "Error: " in said.stderr


def test_check_config_finds_nothing_wrong_with_good_settings(config: Path):
    said = run("check-config", "--config", config)

    assert (said.returncode, said.stdout, said.stderr) == (0, f"{config}: fine\n", "")


@pytest.mark.parametrize("command", ["serve", "check-config", "metrics"])
def test_wrong_settings_end_with_3_and_all_mistakes_at_once(config: Path, command: str):
    config.write_text("listen: 9877\ncollector: {}\nprocesses: {window: soon}\n")

    said = run("--config", config, command)

    assert (said.returncode, said.stdout) == (3, "")
    assert [line.split(": ")[:2] for line in said.stderr.splitlines()] == [
        [f"{config}:1", "listen"],
        [f"{config}:2", "collector"],
        [f"{config}:3", "processes.window"],
    ]


@pytest.mark.parametrize("command", ["serve", "check-config", "metrics"])
def test_a_settings_file_that_was_asked_for_has_to_be_there(tmp_path: Path, command: str):
    said = run(command, "--config", tmp_path / "nowhere.yml")

    assert said.returncode == 3
    assert f"{tmp_path}/nowhere.yml: found no usable file (No such file or directory)" in said.stderr


def test_needs_no_settings_file():
    if Path("/etc/marax/exporter.yml").exists():
        pytest.skip("this machine has settings of its own in /etc/marax/exporter.yml")

    said = run("check-config")

    assert said.returncode == 0
    assert said.stdout == "/etc/marax/exporter.yml does not exist: the defaults are used\n"


def test_metrics_prints_one_exposition_with_ratios(config: Path):
    said = run("metrics", "--config", config)

    names = {s.name for family in text_string_to_metric_families(said.stdout) for s in family.samples}
    assert said.returncode == 0
    assert said.stderr == "reading the host twice, a second apart ...\n"
    assert {"marax_cpu_usage_ratio", "marax_memory_total_bytes", "marax_sample_window_seconds"} <= names


def test_promtool_has_nothing_to_say_about_what_it_prints(config: Path):
    promtool = program_or_skip("promtool")
    exposition = run("metrics", "--config", config).stdout

    said = subprocess.run(
        [promtool, "check", "metrics"], input=exposition, capture_output=True, text=True, check=False
    )

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_serves_until_it_is_told_to_end(served: Served):
    wait_until(lambda: is_ready(served))

    assert served.sample("marax_load1") is not None
    assert served.end() == 0


def test_serves_with_as_many_descriptors_as_it_may_have(config: Path):
    exporter = Served(config, under=[program_or_skip("prlimit"), "--nofile=1024:4096"])
    try:
        assert exporter.sample("process_max_fds") == 4096
    finally:
        exporter.kill()


def test_says_where_it_listens_and_how_to_open_it(served: Served):
    assert "this host only; set `listen: 0.0.0.0:9877` in the settings to serve the network" in served.log


def test_logs_as_much_as_it_is_told_to(config: Path):
    exporter = Served(config, "--log-level", "debug")
    try:
        exporter.get("/metrics")

        assert 'level=debug logger=exporter.scrape.scraper msg="collector ran" collector=cpu' in exporter.log
    finally:
        exporter.kill()


def test_a_busy_port_ends_with_4_and_the_next_step(config: Path):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        config.write_text(f"listen: 127.0.0.1:{port}\n")

        said = run("serve", "--config", config)

    assert said.returncode == 4
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in said.stderr


def test_takes_up_changed_settings_on_hangup(served: Served, config: Path):
    assert served.sample("marax_load1") is not None
    config.write_text("listen: 127.0.0.1:0\ncollectors: {load: false}\n")

    served.tell(signal.SIGHUP)
    wait_until(lambda: "settings loaded" in served.log)

    assert served.sample("marax_load1") is None
    assert served.sample("marax_config_reload_success") == 1


def test_bad_settings_leave_those_in_force_as_they_are(served: Served, config: Path):
    config.write_text("collectors: {load: no way}\n")

    served.tell(signal.SIGHUP)
    wait_until(lambda: "settings not loaded" in served.log)

    assert "collectors.load: found 'no way', expected true or false" in served.log
    assert served.sample("marax_load1") is not None
    assert served.sample("marax_config_reload_success") == 0


def test_a_broken_web_config_leaves_the_settings_in_force_too(config: Path):
    web_config = config.with_name("web.yml")
    web_config.write_text("http_server_config: {http2: false}\n")
    config.write_text("listen: 127.0.0.1:0\nweb_config_file: web.yml\n")
    served = Served(config)
    try:
        web_config.write_text("tls_server_config: {cert_file: nowhere.pem}\n")

        served.tell(signal.SIGHUP)
        wait_until(lambda: "settings not loaded" in served.log)

        assert served.sample("marax_config_reload_success") == 0
    finally:
        served.kill()


def test_says_which_changes_wait_for_a_restart(served: Served, config: Path):
    config.write_text("listen: 127.0.0.1:1\n")

    served.tell(signal.SIGHUP)
    wait_until(lambda: "settings loaded" in served.log)

    assert 'msg="setting changed, restart required" key=listen' in served.log


def test_a_changed_number_of_processes_keeps_the_exporter_serving(served: Served, config: Path):
    config.write_text("listen: 127.0.0.1:0\nprocesses: {top: 3, groups: 5}\n")

    served.tell(signal.SIGHUP)
    wait_until(lambda: "settings loaded" in served.log)

    assert served.sample("marax_group_processes") is not None


FAILS = ("marax_collector_success", 0)
PRINTING = [
    *(["metrics"], ["top", "--once"], ["top", "--json"], ["doctor"], ["doctor", "--json"]),
    *(["check-config"], ["--help"], ["--version"], ["top", "--help"]),
]


def shell(redirected: str, config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", f'exec "$@" {redirected}', "sh", str(COMMAND), "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
@pytest.mark.parametrize(
    ("redirected", "reason"),
    [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")],
    ids=["a full disk", "stdout is closed"],
)
def test_output_that_cannot_be_written_ends_with_4_and_why(
    config: Path, redirected: str, reason: str, arguments: list[str]
):
    said = shell(redirected, config, *arguments)

    assert (said.returncode, said.stdout) == (4, "")
    assert said.stderr.splitlines()[-1] == f"cannot write the output: {reason}"
    assert "Traceback" not in said.stderr
    assert "Exception ignored" not in said.stderr


def test_a_closed_stdin_is_no_password(config: Path):
    said = shell("<&-", config, "hash-password")

    assert said.returncode == 2
    assert "Error: the password must be one line" in said.stderr


@pytest.mark.parametrize("redirected", ["<&-", "2>&-", "<&- 2>&-"])
def test_prints_though_other_streams_are_closed(config: Path, redirected: str):
    said = shell(redirected, config, "top", "--once")

    assert said.returncode == 0
    assert "PID" in said.stdout


def test_serves_without_any_standard_stream(config: Path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config.write_text(f"listen: {address}\n")
    closed = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", str(COMMAND), "--config", str(config)]

    with subprocess.Popen(closed) as exporter:
        wait_until(lambda: answers(f"http://{address}/-/healthy"))
        exporter.terminate()

    assert exporter.returncode == 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize(
    ("path", "collectors"),
    [
        ("/proc/meminfo", {"memory"}),
        ("/proc/loadavg", {"load", "processes"}),
        ("/proc/stat", {"cpu", "system"}),
        ("/proc/vmstat", {"vmstat"}),
        ("/proc/sys/kernel/pid_max", {"processes"}),
    ],
)
def test_metrics_says_on_stderr_which_collectors_fail_and_why(config: Path, path: str, collectors: set[str]):
    said = run_confined(
        f": > {config}.empty; mount --bind {config}.empty {path}",
        *(COMMAND, "metrics", "--config", config),
    )

    complaints = [line for line in said.stderr.splitlines() if 'msg="collector failed"' in line]
    assert said.returncode == 0
    assert {found[1] for found in re.finditer(r"collector=(\w+)", "\n".join(complaints))} == collectors
    assert all(f'error="HostReadError: {path}: ' in line for line in complaints)
    assert "psutil" not in said.stderr
    assert "Warning" not in said.stderr
    assert list(text_string_to_metric_families(said.stdout))


@pytest.mark.parametrize(
    "path", ["/proc/meminfo", "/proc/loadavg", "/proc/stat", "/proc/vmstat", "/proc/sys/kernel/pid_max"]
)
def test_doctor_says_what_an_empty_file_costs_and_top_goes_on(config: Path, path: str):
    empty = f": > {config}.empty; mount --bind {config}.empty {path}"

    examined = run_confined(empty, COMMAND, "doctor", "--json", "--config", config)
    shown = run_confined(empty, COMMAND, "top", "--once", "--config", config)

    told = [finding["says"] for finding in json.loads(examined.stdout) if f"{path}: " in finding["says"]]
    assert (examined.returncode, examined.stderr) == (1, "")
    assert any("failed: " in says for says in told), "with the collectors that it affects"
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "PID" in shown.stdout


@pytest.mark.parametrize("megabytes", [1, 5, 64])
def test_reads_a_proc_stat_of_any_length(config: Path, megabytes: int):
    grown = f"""
sed 's/^intr .*/intr 0/' /proc/stat > {config}.stat
head -c {megabytes * 1024**2} /dev/zero | tr '\\0' '9' | sed 's/^/intr /' >> {config}.stat
mount --bind {config}.stat /proc/stat"""

    said = run_confined(grown, COMMAND, "metrics", "--config", config)

    families = text_string_to_metric_families(said.stdout)
    failing = {s.labels["collector"] for f in families for s in f.samples if (s.name, s.value) == FAILS}
    assert said.returncode == 0
    assert failing == set()
