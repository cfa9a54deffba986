import json
import os
import stat
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.fleet.hosts import HostSettings, Labels
from alertbridge.fleet.targets import target_groups, write_targets
from marax.commandline import CannotReachError
from marax.settings.addresses import Address
from tests.programs import program_or_skip


def a_host(name: str = "web-1", **labels: str) -> HostSettings:
    return HostSettings(name=name, address=Address(f"{name}.example.org", 9877), labels=Labels(labels))


SECURED = msgspec.structs.replace(a_host("db-1"), scheme="https")


def test_makes_one_group_for_each_host():
    assert target_groups([a_host("web-1", site="berlin")]) == [
        {"targets": ["web-1.example.org:9877"], "labels": {"host": "web-1", "site": "berlin"}}
    ]


def test_writes_the_scheme_of_a_host_that_speaks_tls_and_nothing_else_changes():
    plain, secured = a_host("web-1", site="berlin"), a_host("web-1", site="berlin")
    secured = msgspec.structs.replace(secured, scheme="https")

    (before,), (after,) = target_groups([plain]), target_groups([secured])

    assert after == {**before, "labels": {"__scheme__": "https", **before["labels"]}}


@given(st.permutations(["web-1", "web-2", "db-1", "db-2"]))
def test_is_the_same_whatever_the_order_of_hosts_and_labels(names):
    forward = target_groups([a_host("a", x="1", y="2"), *map(a_host, names)])
    backward = target_groups([*map(a_host, reversed(names)), a_host("a", y="2", x="1")])

    assert json.dumps(forward) == json.dumps(backward)


def test_promtool_takes_the_file(tmp_path):
    write_targets(tmp_path / "targets.json", [a_host("web-1", site="berlin"), SECURED])
    (tmp_path / "prometheus.yml").write_text(
        "scrape_configs: [{job_name: marax, file_sd_configs: [{files: [targets.json]}]}]"
    )
    promtool = program_or_skip("promtool")

    checked = subprocess.run(
        [promtool, "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_writes_a_file_that_prometheus_may_read_and_nothing_beside_it(tmp_path):
    path = tmp_path / "targets.json"

    has_written = write_targets(path, [a_host()])

    assert has_written
    assert json.loads(path.read_text()) == target_groups([a_host()])
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_leaves_a_file_alone_that_says_the_same(tmp_path):
    path = tmp_path / "targets.json"
    write_targets(path, [a_host("a"), a_host("b")])
    before = path.stat()

    has_written = write_targets(path, [a_host("b"), a_host("a")])

    assert not has_written
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_replaces_the_file_in_one_step(tmp_path):
    path = tmp_path / "targets.json"
    write_targets(path, [a_host("a")])

    with path.open() as held:
        write_targets(path, [a_host("b")])

        assert json.load(held) == target_groups([a_host("a")])
    assert json.loads(path.read_text()) == target_groups([a_host("b")])


def test_writes_an_empty_list_when_there_are_no_hosts(tmp_path):
    write_targets(tmp_path / "targets.json", [])

    assert json.loads((tmp_path / "targets.json").read_text()) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing/targets.json", "make the folder .*missing first"),
        ("file/targets.json", "Not a directory"),
        ("folder", "it is not a file"),
        ("pipe", "it is not a file"),
        ("x" * 300, "File name too long"),
    ],
)
def test_says_why_it_cannot_write_and_leaves_nothing(tmp_path, name, said):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(CannotReachError, match=said):
        write_targets(tmp_path / name, [a_host()])

    assert sorted(tmp_path.rglob("*")) == before


def test_says_who_may_not_write_where():
    with pytest.raises(CannotReachError, match=r"cannot write /proc/targets\.json: .+"):
        write_targets(Path("/proc/targets.json"), [a_host()])
