"""What docs/environment.md shows can be run as it stands."""

import re
import subprocess
import sys

import pytest

from tests.support.processes import REPOSITORY

PAGE = (REPOSITORY / "docs" / "environment.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_each_program_of_the_page_runs(number: int) -> None:
    program = BLOCKS[number].replace("total_timesteps=200_000", "total_timesteps=2_048")
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=240, cwd=REPOSITORY
    )
    assert ended.returncode == 0, ended.stderr
    if "PPO" in program:
        assert program != BLOCKS[number], "the page learns for another number of steps"
        assert len(re.findall(r"survival \w+ learning: \d+ steps", ended.stdout)) == 2
