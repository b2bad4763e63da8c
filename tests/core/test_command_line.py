"""What every command makes of names, numbers and outputs that cannot be."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import COMMANDS, run_command

TOO_LONG = "x" * 300


@pytest.mark.parametrize(
    "command",
    [
        ("producer", "run", "--config", "quick"),
        ("producer", "status"),
        ("projections", "run", "--until-caught-up"),
        ("projections", "rebuild"),
        ("projections", "status"),
        ("server", "run", "--port", "0"),
    ],
    ids=" ".join,
)
def test_a_name_that_is_too_long_is_a_sentence(command: tuple[str, ...], tmp_path: Path) -> None:
    ended = run_command(*command, "--run-dir", tmp_path / TOO_LONG)
    assert ended.returncode == os.EX_IOERR
    assert ended.stderr.startswith("error: ")
    assert "File name too long" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--poll", "--screenshot-every", "--export-every", "--keep-all"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", "0", "-1"])
def test_a_span_of_time_is_finite(option: str, value: str, tmp_path: Path) -> None:
    ended = run_command("server", "snapshots", "--run-dir", tmp_path, option, value)
    assert ended.returncode == 2
    assert option in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://[::1", "nonsense", "http://a:99999/"])
def test_a_page_to_take_screenshots_of_has_an_http_address(url: str, tmp_path: Path) -> None:
    ended = run_command("server", "snapshots", "--run-dir", tmp_path / "run", "--url", url)
    assert ended.returncode == 78
    assert ended.stderr.startswith(f"error: --url {url}: not an address of a page")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["server schema", "projections status --run-dir .", "producer --help"])
def test_a_result_that_cannot_be_written_is_no_success(command: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        ["bash", "-c", f"{COMMANDS}/{command} >/dev/full"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (os.EX_IOERR, "error: the output: No space left on device\n")


def test_a_rebuild_of_what_is_not_there_makes_no_folder(tmp_path: Path) -> None:
    ended = run_command("projections", "rebuild", "--run-dir", tmp_path / "nowhere")
    assert ended.returncode == os.EX_IOERR
    assert not (tmp_path / "nowhere").exists()
