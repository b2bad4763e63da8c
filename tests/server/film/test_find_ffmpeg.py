"""Where the encoder comes from: the system, else the package of the extra `film`."""

import stat
import sys
from pathlib import Path

import pytest

from core.errors import ConfigError
from server.film.encoder import find_ffmpeg


def program(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that Python looks into for packages first, on a system without ffmpeg."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PATH", str(tmp_path))
    return folder


def test_the_systems_program_comes_first(packages: Path, tmp_path: Path) -> None:
    ours = program(tmp_path / "ffmpeg")
    (packages / "imageio_ffmpeg.py").write_text("def get_ffmpeg_exe():\n    raise AssertionError\n")
    assert find_ffmpeg() == str(ours)


def test_without_it_the_packages_program_is_taken(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "imageio_ffmpeg", raising=False)
    theirs = program(packages / "ffmpeg-of-the-package")
    (packages / "imageio_ffmpeg.py").write_text(f"def get_ffmpeg_exe():\n    return {str(theirs)!r}\n")
    assert find_ffmpeg() == str(theirs)


def test_a_package_without_a_program_is_none(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "imageio_ffmpeg", raising=False)
    (packages / "imageio_ffmpeg.py").write_text("def get_ffmpeg_exe():\n    raise RuntimeError('none')\n")
    with pytest.raises(ConfigError, match="no ffmpeg program: install the system's"):
        find_ffmpeg()
