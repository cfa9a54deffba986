from pathlib import Path

import pytest

from exporter.host.files import HostReadError
from exporter.host.mounts import Mount, read_mounts


def test_reads_what_is_mounted(tmp_path: Path):
    (tmp_path / "mountinfo").write_text(
        "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n"
        "40 36 0:5 / /proc rw - proc proc rw,hidepid=2\n"
    )

    assert read_mounts(tmp_path) == [
        Mount(
            number="36",
            parent="35",
            root="/mnt1",
            point="/mnt 2",
            kind="ext3",
            options={"rw": "", "errors": "continue"},
        ),
        Mount(
            number="40",
            parent="36",
            root="/",
            point="/proc",
            kind="proc",
            options={"rw": "", "hidepid": "2"},
        ),
    ]


@pytest.mark.parametrize(
    "text", ["", "\n", " - \n", "36 35 98:0 / /\n", "36 35 98:0 / / rw - proc\n", "\0\xff"]
)
def test_passes_over_what_the_kernel_does_not_write(tmp_path: Path, text: str):
    (tmp_path / "mountinfo").write_text(text)

    assert read_mounts(tmp_path) == []


def test_says_that_there_is_no_such_process(tmp_path: Path):
    with pytest.raises(HostReadError, match=f"cannot read {tmp_path}/mountinfo"):
        read_mounts(tmp_path)


def test_reads_those_of_this_machine():
    assert "proc" in {mount.kind for mount in read_mounts(Path("/proc/self"))}
