"""requirements.lock pins everything that is installed; `make setup` and the image take versions from it."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

OF_THE_DEVICE = ("nvidia-", "cuda-", "triton")
"""What comes with one build of torch and not with another."""
OF_THE_ENVIRONMENT = {"pip", "setuptools"}

REPOSITORY = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
LINES = (REPOSITORY / "requirements.lock").read_text().splitlines()


def canonical(name: str) -> str:
    """A package's name as the index knows it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_line_pins_one_version_and_none_depends_on_the_device() -> None:
    for line in LINES:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line), line
    names = [canonical(line.split("==")[0]) for line in LINES]
    assert len(names) == len(set(names))
    assert not [name for name in names if name.startswith(OF_THE_DEVICE)]


def test_whatever_is_asked_for_is_pinned_with_all_that_it_needs_in_turn() -> None:
    pinned = {canonical(line.split("==")[0]) for line in LINES}
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    seen: set[str] = set()
    while wanted:
        requirement = wanted.pop()
        name, _, marker = requirement.partition(";")
        name = canonical(re.split(r"[<>=!~\[( ]", name.strip())[0])
        if name in seen | OF_THE_ENVIRONMENT or "extra ==" in marker or name.startswith(OF_THE_DEVICE):
            continue
        seen.add(name)
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            assert marker, f"{requirement} is not installed"  # for another system or another Python
            continue
        assert name in pinned, f"{name} is installed and not in requirements.lock: make lock"
        wanted += needs


def test_what_runs_here_is_what_is_pinned() -> None:
    for line in LINES:
        name, version = line.split("==")
        assert importlib.metadata.version(name).split("+")[0] == version, f"{name}: make setup"
