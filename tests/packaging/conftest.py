"""The wheel as `make dist` builds it, and an environment in which that wheel is all there is of ours."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from core.resources import DASHBOARD, resource_folder
from tests.support.processes import REPOSITORY


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this checkout."""
    assert (resource_folder(DASHBOARD) / "index.html").is_file(), "build the dashboard first: make setup"
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        check=True, capture_output=True, timeout=120, cwd=REPOSITORY,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands in a new environment with the wheel in it.

    Torch and the other dependencies are borrowed from the environment of the tests by a path file: installing
    them would take a minute and try nothing of ours. Path files are not followed from there, so that the
    checkout, installed in it in editable form, stays out of sight; a test makes sure.
    """
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", environment],
        check=True,
        capture_output=True,
        timeout=120,
    )
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", environment / "bin" / "python", "install", "--no-deps",
         "--no-index", wheel],
        check=True, capture_output=True, timeout=120, env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )  # fmt: skip
    (packages,) = environment.glob("lib/python3*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment / "bin"
