"""A run without an intrinsic reward (`exploration.novelty: none`), from the trainer to the server."""

import csv
import json
from pathlib import Path

import httpx
import pytest

from core.codec import decode
from core.config import load_config
from core.events import CellsVisited, EpisodeFinished, ExplorationChanged
from tests.support.logs import learning_events, read_log
from tests.support.processes import run_command, run_successfully
from tests.support.servers import serving
from tests.support.training import StopAfter, train, write_small_config

NONE = "exploration.novelty=none"


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 130 episodes whose drop detector is so touchy that it reports drops."""
    folder = tmp_path_factory.mktemp("without")
    config, run = write_small_config(folder / "small.yaml"), folder / "run"
    settings = (NONE, "exploration.drop_window=2", "exploration.drop_min_episodes=2")
    settings += ("exploration.drop_below=0.99", "exploration.anneal_above=0.0")
    options = [part for setting in settings for part in ("--set", setting)]
    said = run_command("producer", "run", "--config", config, "--run-dir", run, *options).stderr
    assert "Episode 10/130 | Survival: " in said
    assert "Intrinsic" not in said
    run_successfully("projections", "run", "--run-dir", run, "--until-caught-up")
    return run


def test_the_weight_is_0_and_a_drop_does_not_raise_it(run_dir: Path) -> None:
    events = [decode(recorded) for recorded in read_log(run_dir)]
    finished = [event for event in events if isinstance(event, EpisodeFinished)]
    assert {(event.intrinsic_weight, event.intrinsic_reward) for event in finished} == {(0.0, 0.0)}
    assert all(event.total_reward == event.extrinsic_reward for event in finished)
    changes = [event for event in events if isinstance(event, ExplorationChanged)]
    assert "drop" in {change.reason for change in changes}
    assert not {change.reason for change in changes} & {"annealing", "paused"}
    assert {change.intrinsic_weight_after for change in changes} == {0.0}
    visited = [event for event in events if isinstance(event, CellsVisited)]
    assert {event.novelty for event in visited} == {b""}


def test_readers_are_told_that_there_is_none(run_dir: Path) -> None:
    state = json.loads(run_successfully("projections", "at", "--run-dir", run_dir, "--episode", "130"))
    assert state["heatmap"]["novelty"] == []
    assert sum(map(sum, state["heatmap"]["visits"])) > 0
    assert "no intrinsic reward" in run_successfully("producer", "status", "--run-dir", run_dir)
    out = run_dir / "heatmap.csv"
    run_successfully("projections", "export", "--run-dir", run_dir, "--what", "heatmap", "--out", out)
    with out.open() as file:
        assert {row["novelty_value"] for row in csv.DictReader(file)} == {""}
    assert run_command("projections", "doctor", "--run-dir", run_dir, "--thorough").returncode == 0
    gif = run_command("server", "snapshots", "--run-dir", run_dir, "--once", "gif")
    assert gif.returncode != 0
    assert "this run has no intrinsic reward, so no novelty GIFs" in gif.stderr


def test_the_server_leaves_out_what_there_is_not(run_dir: Path, tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><title>a page</title>")
    with serving(run_dir, page, tmp_path / "server.log") as address:
        assert httpx.get(f"http://{address}/api/run", timeout=60).json()["novelty"] == "none"
        metrics = httpx.get(f"http://{address}/metrics", timeout=60).text
        assert "hamlet_epsilon{" in metrics
        assert "hamlet_intrinsic_weight" not in metrics
        annotations = httpx.get(f"http://{address}/api/annotations", timeout=60).json()["marks"]
        scorecard = httpx.get(f"http://{address}/api/scorecard", timeout=60).json()
    states = {criterion["key"]: criterion["state"] for criterion in scorecard}
    assert states["intrinsic_weight"] == states["transition"] == "not applicable"
    drop = next(mark["text"] for mark in annotations if mark["kind"] == "drop")
    assert drop.startswith("drop in survival detected: epsilon ")


def test_a_run_cannot_lose_its_curiosity_on_the_way(run_dir: Path) -> None:
    resumed = run_command(
        "producer", "run", "--run-dir", run_dir, "--episodes", 140, "--set", "exploration.novelty=rnd",
        "--accept-config-change",
    )  # fmt: skip
    assert resumed.returncode == 78
    assert "exploration.novelty (was 'none', now 'rnd') cannot be changed in mid-run" in resumed.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"exploration.novelty": "none"},
        {
            "exploration.novelty": "counts",
            "rewards.novelty": 0.5,
            "rewards.money": 0.002,
            "rewards.expression": "0.01 * min(mood, 0.5) - 0.01 * (energy < 0.2)",
        },
    ],
    ids=["no novelty", "counts and other rewards"],
)
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path, changes: dict[str, object]) -> None:
    config = load_config(write_small_config(tmp_path / "small.yaml"), changes)
    train(tmp_path / "straight", config)
    for rollouts in (20, 60):
        train(tmp_path / "stopped", config, StopAfter(rollouts))
    train(tmp_path / "stopped", config)
    assert learning_events(tmp_path / "stopped") == learning_events(tmp_path / "straight")
