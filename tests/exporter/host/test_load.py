from pathlib import Path

import psutil
import pytest

from exporter.host.files import HostReadError
from exporter.host.load import Load, read_load


def test_reads_the_file_and_not_the_kernel(tmp_path: Path):
    (tmp_path / "loadavg").write_text("0.50 1.25 123456.00 2/345 6789\n")

    assert read_load(tmp_path) == Load(load1=0.5, load5=1.25, load15=123456.0, tasks=345)


def test_agrees_with_psutil_about_this_machine():
    found = read_load(Path("/proc"))

    assert (found.load1, found.load5, found.load15) == pytest.approx(psutil.getloadavg(), abs=0.5)
    assert found.tasks >= len(psutil.pids())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0.50 1.25\n",
        "nan 1.25 2.00 2/345 6789\n",
        "0.50 1.25 2.00 2/345 6789 \n1",
        f"{'9' * 5000}.00 1.25 2.00 2/345 6789\n",
        "0.50 1.25 2.00 2/-1 6789\n",
        "\0\0",
    ],
    ids="{:.24}".format,
)
def test_says_what_is_wrong_with_a_broken_file(tmp_path: Path, text: str):
    (tmp_path / "loadavg").write_text(text)

    with pytest.raises(HostReadError, match=f"{tmp_path}/loadavg: not what the kernel writes"):
        read_load(tmp_path)


def test_says_that_the_file_cannot_be_read(tmp_path: Path):
    with pytest.raises(HostReadError, match=f"cannot read {tmp_path}/loadavg: No such file"):
        read_load(tmp_path)
