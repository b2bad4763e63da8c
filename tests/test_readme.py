"""The README keeps its promise of one line per file."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("core", "producer", "projections", "server")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_its_line(package: str) -> None:
    listed = (REPOSITORY / "README.md").read_text().split(f"### `{package}/`")[1].split("```")[1]
    lines = {line.split()[0] for line in listed.splitlines()[1:]}
    folder = REPOSITORY / package
    modules = {str(path.relative_to(folder)) for path in folder.rglob("*.py") if path.name != "__init__.py"}
    assert lines == modules
