"""deploy/systemd, read by systemd-analyze where there is one."""

import configparser
import shutil
import tomllib

import pytest

from tests.deploy import shipped

UNITS = sorted((shipped.DEPLOY / "systemd").glob("*.service"))
SCRIPTS = tomllib.loads((shipped.ROOT / "pyproject.toml").read_text())["project"]["scripts"]

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="this machine has no systemd"
)


def service(unit):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(unit.read_text())
    return parser["Service"]


@pytest.fixture(params=UNITS, ids=lambda unit: unit.stem)
def unit(request):
    return request.param


@pytest.fixture
def installed_unit(unit, tmp_path):
    """Return a copy of the unit whose program is there."""
    for name in SCRIPTS:
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/marax/bin", str(tmp_path)))
    return copy


def test_there_is_one_for_each_program():
    assert {unit.stem for unit in UNITS} == SCRIPTS.keys()


def test_starts_its_program_as_a_user_of_its_own(unit):
    users = (shipped.DEPLOY / "systemd/marax.conf").read_text()

    assert service(unit)["ExecStart"] == f"/opt/marax/bin/{unit.stem} serve"
    assert service(unit)["User"] == unit.stem
    assert f"u {unit.stem} " in users


def test_does_not_start_again_what_cannot_start(unit):
    assert service(unit)["Restart"] == "always"
    assert service(unit)["RestartPreventExitStatus"] == "2 3"


@pytest.mark.attack(38)
def test_a_command_that_takes_too_much_ends_alone():
    exporter = service(shipped.DEPLOY / "systemd/marax-exporter.service")

    assert exporter["OOMPolicy"] == "continue"
    assert (exporter["MemoryMax"], exporter["TasksMax"]) == ("512M", "256")
    assert int(exporter["OOMScoreAdjust"]) < 0


@pytest.mark.parametrize(
    "directive",
    [
        "DynamicUser",
        "MountAPIVFS",
        "PrivateNetwork",
        "PrivatePIDs",
        "PrivateUsers",
        "ProcSubset",
        "ProtectControlGroups",
        "ProtectHostname",
        "ProtectKernelTunables",
        "ProtectProc",
    ],
)
def test_the_exporter_is_not_blinded(directive):
    assert directive not in service(shipped.DEPLOY / "systemd/marax-exporter.service")


@needs_systemd
def test_systemd_understands_it(installed_unit):
    assert shipped.run("systemd-analyze", "verify", "--man=no", installed_unit) == ""


@needs_systemd
def test_is_hardened(installed_unit):
    shipped.run(
        "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", installed_unit
    )
