"""The systemd units: what systemd itself says of them, and what they promise on every system."""

import configparser
import getpass
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.errors import ConfigError, DivergedError
from core.resources import CONFIGURATIONS, UNITS, resource_folder
from producer.run.systemd import ServiceOptions, install, make_units

REPOSITORY = Path(__file__).parents[2]
SERVICES = sorted(resource_folder(UNITS).glob("*.service"))
MEASURED_WITH = 252
STEPPED_PAUSES = ("RestartSteps", "RestartMaxDelaySec")
"""Since systemd 254; older ones say so and keep to the first pause."""

analyze = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(analyze is None, reason="systemd-analyze is not on this machine")


def by_systemd(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *map(str, arguments)], capture_output=True, text=True, timeout=120
    )


@needs_systemd
@pytest.mark.parametrize("name", [None, "second"])
def test_systemd_finds_nothing_wrong_with_the_units_as_they_are_installed(
    tmp_path: Path, name: str | None
) -> None:
    config = resource_folder(CONFIGURATIONS) / "quick.yaml"
    (tmp_path / "run").mkdir()
    install(make_units(ServiceOptions(tmp_path / "run", config, getpass.getuser(), name)), tmp_path)
    verified = by_systemd("verify", *tmp_path.glob("hamlet*"))
    complaints = [
        line
        for line in verified.stderr.splitlines()
        if str(tmp_path) in line and not any(f"Unknown key '{key}'" in line for key in STEPPED_PAUSES)
    ]
    assert (verified.returncode, complaints) == (0, [])


@needs_systemd
def test_systemd_finds_what_is_wrong(tmp_path: Path) -> None:
    """So that the test above can fail."""
    unit = tmp_path / "hamlet-broken.service"
    unit.write_text("[Service]\nExecStart=/no/such/command\nWatchdogSec=soon\n")
    verified = by_systemd("verify", unit)
    assert verified.returncode != 0
    assert f"{unit}:3: Failed to parse" in verified.stderr


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_service_is_exposed_no_more_than_the_manual_says(unit: Path) -> None:
    manual = (REPOSITORY / "docs" / "operate" / "running.md").read_text()
    stated = re.search(rf"\| `{unit.stem}` \| ([\d.]+) \|", manual)
    assert stated is not None
    version = int(by_systemd("--version").stdout.split()[1])
    # other versions look at more, or weigh it in another way
    allowed = float(stated[1]) * 10 + (0 if version == MEASURED_WITH else 5)
    judged = by_systemd("security", "--offline=true", f"--threshold={allowed:.0f}", unit)
    assert judged.returncode == 0, judged.stdout[-300:]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_service_is_watched_never_given_up_and_never_restarted_over_a_setting(unit: Path) -> None:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's keys have capitals
    parsed.read_string(unit.read_text())
    service = parsed["Service"]
    assert (service["Type"], service["Restart"]) == ("notify", "always")
    assert int(service["WatchdogSec"]) >= 60
    assert parsed["Unit"]["StartLimitIntervalSec"] == "0"
    assert int(service["RestartSec"]) < int(service["RestartMaxDelaySec"])
    assert int(service["RestartSteps"]) > 1
    final = service["RestartPreventExitStatus"].split()
    assert str(ConfigError.exit_code) in final
    # a complete or a diverged run would end the same way again
    assert unit.stem != "hamlet-producer" or {"0", str(DivergedError.exit_code)} <= set(final)
    assert {"MemoryHigh", "MemoryMax", "TimeoutStopSec"} <= set(service)
