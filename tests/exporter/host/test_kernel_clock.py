import subprocess

import pytest

from exporter.host.kernel_clock import read_is_synchronised


def test_agrees_with_timedatectl():
    try:
        said = subprocess.run(
            ["timedatectl", "show", "-p", "NTPSynchronized"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no timedatectl here that answers")

    assert read_is_synchronised() == ("yes" in said)


def test_answers_on_this_machine():
    assert read_is_synchronised() in {True, False}
