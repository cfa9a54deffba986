from pathlib import Path

import pytest

from exporter.host.files import HostReadError
from exporter.host.vmstat import parse_vmstat, read_vmstat


def test_reads_counters_by_name():
    assert parse_vmstat("nr_free_pages 6040832\npswpin 12\n") == {"nr_free_pages": 6040832, "pswpin": 12}


@pytest.mark.parametrize("text", ["", "\n", "pswpin", "pswpin x\n", "pswpin 1 2\n", "\0\0\0"])
def test_says_which_file_is_broken(tmp_path: Path, text: str):
    (tmp_path / "vmstat").write_text(text)

    with pytest.raises(HostReadError, match=f"{tmp_path}/vmstat: a line that is not a name"):
        read_vmstat(tmp_path)


def test_finds_the_kernels_counters_on_this_machine():
    assert {"pgmajfault", "pgfault"} <= read_vmstat(Path("/proc")).keys()
