"""`projections pack`: the dashboard is what the server answers, the same every time, whole or not there."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.projections.pack.conftest import EPISODES
from tests.support.packs import FrozenCopy
from tests.support.processes import run_command, run_successfully, running, unused_port
from tests.support.servers import ready_address


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_answers_every_episode_byte_for_byte_as_the_server_does(
    packed_run: Path, full_pack: Path, tmp_path: Path
) -> None:
    copy = FrozenCopy(full_pack / "dashboard")
    asked = list(copy.contents["single"])
    for family in copy.contents["families"]:
        asked += [family["address"].replace("{}", str(episode)) for episode in range(1, EPISODES + 1)]
    output = tmp_path / "server.log"
    with running(output, "server", "run", "--run-dir", packed_run, "--port", unused_port()) as server:
        address = ready_address(server, output)
        for question in asked:
            try:
                with urlopen(f"http://{address}/api/{question}", timeout=120) as answer:
                    body = answer.read()
            except HTTPError as refusal:
                body = refusal.read()
            assert copy.answer(question) == body, question
    assert copy.contents["recordings"] == EPISODES
    assert copy.answer(f"state?episode={EPISODES + 1}") is None


def test_the_same_run_gives_the_same_bytes(packed_run: Path, full_pack: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    run_successfully("projections", "pack", "--run-dir", packed_run, "--out", again, "--full")
    assert _tree(again) == _tree(full_pack)
    listed = json.loads((again / "pack.json").read_bytes())
    assert {name: file["sha256"] for name, file in listed["files"].items()} == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in _tree(again).items()
        if name != "pack.json"
    }


def test_a_budget_is_kept_and_landmarks_are_left_out_last(
    packed_run: Path, full_pack: Path, tmp_path: Path
) -> None:
    out = tmp_path / "pack"
    whole = FrozenCopy(full_pack / "dashboard")
    size = sum(map(len, _tree(full_pack / "dashboard").values()))
    replays = sum(path.stat().st_size for path in (full_pack / "dashboard/data").glob("replay-*.js"))
    budget = (size - replays / 2) / 1e6
    run_successfully(
        "projections", "pack", "--run-dir", packed_run, "--out", out, "--full", "--budget", f"{budget:.6f}"
    )
    kept = FrozenCopy(out / "dashboard")
    assert sum(map(len, _tree(out / "dashboard").values())) <= budget * 1e6
    assert 0 < kept.contents["recordings"] < whole.contents["recordings"]
    moved = EPISODES // 2
    assert kept.answer(f"replay/{moved}") == whole.answer(f"replay/{moved}")
    assert kept.answer("replay/1") == whole.answer("replay/1")


def test_too_small_a_budget_is_one_sentence_and_leaves_the_old_pack(packed_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    run_successfully("projections", "pack", "--run-dir", packed_run, "--out", out)
    before = _tree(out)
    refused = run_command("projections", "pack", "--run-dir", packed_run, "--out", out, "--budget", 0.01)
    assert refused.returncode == 78
    assert "--budget 0.01: the dashboard takes" in refused.stderr
    assert _tree(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


def test_a_folder_with_other_things_is_not_replaced(packed_run: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    refused = run_command("projections", "pack", "--run-dir", packed_run, "--out", tmp_path)
    assert refused.returncode == 78
    assert "holds something else" in refused.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_run_without_an_episode_is_said_in_one_sentence(tmp_path: Path) -> None:
    refused = run_command("projections", "pack", "--run-dir", tmp_path, "--out", tmp_path / "pack")
    assert refused.returncode != 0
    assert "no such read model" in refused.stderr
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_leaves_no_half_pack(
    packed_run: Path, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "pack"
    command = [
        sys.executable,
        "-m",
        "projections.cli",
        "pack",
        "--run-dir",
        str(packed_run),
        "--out",
        str(out),
    ]
    building = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    unfinished = tmp_path / f".pack.unfinished-{building.pid}"
    while not (unfinished / "dashboard/data").exists():
        assert building.poll() is None
        time.sleep(0.001)
    os.kill(building.pid, number)
    assert building.wait(120) != 0
    assert not out.exists()
    run_successfully("projections", "pack", "--run-dir", packed_run, "--out", out)
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]
