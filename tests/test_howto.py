"""The guides in docs/howto do what they say: their code is run as it stands, only shorter."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.processes import REPOSITORY, run_command

pytestmark = pytest.mark.system

HOWTO = REPOSITORY / "docs" / "howto"


def blocks(page: str, language: str) -> list[str]:
    """The code of a page in a language, indentation of lists removed."""
    found = re.findall(
        rf"^ *```{language}\n(.*?)^ *```", (HOWTO / page).read_text(), re.MULTILINE | re.DOTALL
    )
    assert found, f"{page} has no {language}"
    return [textwrap.dedent(block) for block in found]


def run_python(code: str, folder: Path) -> str:
    """Run code in a process of its own; what it prints."""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=600, cwd=folder, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_your_own_algorithm(tmp_path: Path) -> None:
    code = "\n".join(blocks("algorithm.md", "python"))
    shorter = code.replace("100_000", "600").replace("learning_starts=1_000", "learning_starts=100")
    assert shorter != code
    survived, cause, *_ = run_python(shorter, tmp_path).split()
    assert int(survived) > 0
    assert cause in {"energy", "hygiene", "satiation", "limit"}


def test_an_affordance(tmp_path: Path) -> None:
    config = tmp_path / "library.yaml"
    (written,) = blocks("affordance.md", "yaml")
    config.write_text(written)
    (code,) = blocks("affordance.md", "python")
    picture = run_python(code.replace("configs/townlet/library.yaml", str(config)), tmp_path)
    assert "L Library" in picture
    assert "Gym" not in picture
    ended = run_command("producer", "run", "--config", config, "--episodes", 20, "--run-dir", tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "world.affordances: Bed is changed, Library is added, Gym is left out" in ended.stderr
