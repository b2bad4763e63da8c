"""The compressed days run a fast clock and report what is wrong; the whole of them is `make days`."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.soak.days import Plan, rotate
from tests.soak.supervisor import Supervisor
from tests.support.processes import REPOSITORY, wait_until

DAYS = Path(__file__).with_name("days.py")


def fast(tmp_path: Path, code: str, step: str = "0") -> str:
    """What a program prints that runs under a clock 1,000 times as fast, which began now."""
    (tmp_path / "step").write_text(step)
    environment = os.environ | {
        "PYTHONPATH": f"{Path(__file__).with_name('fast_clock')}",
        "FAST_CLOCK_SPEED": "1000",
        "FAST_CLOCK_SINCE": f"{time.time()}",
        "FAST_CLOCK_STEP": f"{tmp_path / 'step'}",
    }
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_clock_and_sleep_are_fast_and_event_loops_are_not(tmp_path: Path) -> None:
    printed = fast(
        tmp_path,
        "import time, asyncio\n"
        "wall, steady = time.time(), time.monotonic()\n"
        "time.sleep(100)\n"
        "print(time.time() - wall, time.monotonic() - steady)\n"
        "loop = asyncio.new_event_loop()\n"
        "print(loop.time(), time.monotonic())",
    )
    wall, steady, loop, monotonic = map(float, printed.split())
    assert min(wall, steady) >= 100
    assert monotonic >= 900 * loop


def test_a_step_sets_the_wall_clock_alone(tmp_path: Path) -> None:
    code = "import time; print(time.time(), time.monotonic())"
    (_, before), (wall, after) = (map(float, fast(tmp_path, code, step).split()) for step in ("0", "-1e9"))
    assert wall < time.time() - 9e8
    assert after > before


def test_what_ends_by_itself_is_started_again_and_reported(tmp_path: Path) -> None:
    supervisor = Supervisor({"sleeps": ["/bin/sleep", 600], "ends": ["/bin/false"]}, tmp_path, {})
    supervisor.start()
    try:
        supervisor.kill("sleeps")

        def restarted() -> bool:
            supervisor.check()
            return min(supervisor.restarts.values()) > 0

        wait_until(restarted)
        rotate(supervisor, 1)
        assert (tmp_path / "ends.log.1").exists()
    finally:
        troubles = supervisor.stop()
    assert supervisor.kills == 1
    assert "ends ended by itself with 1" in troubles
    assert not any(trouble.startswith("sleeps ended by itself") for trouble in troubles)


def test_a_plan_is_the_same_for_a_seed() -> None:
    moments = []
    for _ in range(2):
        plan = Plan(7)
        for name in "abc":
            plan.at_random(name, lambda: None)
        moments.append([(moment, name) for moment, name, _ in plan.events])
    assert moments[0] == moments[1] == sorted(moments[0])


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk can be mounted by root only")
def test_a_run_of_two_hours_says_that_it_was_too_short(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, DAYS, "--minutes", "2", "--out", tmp_path, "--seed", "1"],
        capture_output=True, text=True, timeout=900, env=os.environ | {"PYTHONPATH": f"{REPOSITORY}"},
    )  # fmt: skip
    assert run.returncode == 1, run.stderr
    result = json.loads((tmp_path / "days.json").read_text())
    assert "the criterion runtime is open" in result["troubles"]
    assert not [trouble for trouble in result["troubles"] if "doctor" in trouble or "missing" in trouble]
    happened = " ".join(result["happened"])
    for what in ("SIGKILL of producer", "SIGKILL of server", "disk filled", "clock set", "logs rotated"):
        assert what in happened
