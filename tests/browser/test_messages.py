"""The front end's types are those of the server's structs."""

import subprocess
from pathlib import Path

FRONTEND = Path(__file__).parents[2] / "frontend"


def test_the_generated_types_are_up_to_date() -> None:
    check = subprocess.run(
        ["node", "scripts/generate-messages.mjs", "--check"],
        cwd=FRONTEND,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert check.returncode == 0, check.stderr
