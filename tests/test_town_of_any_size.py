"""The largest town, with walls and water: trainer, read models, doctor, export, GIF."""

import io
import json
from pathlib import Path

import apsw
import yaml
from PIL import Image

from core.resources import find_config
from projections.readmodels.heatmap import read_heatmap, read_novelty_scale
from projections.readmodels.replays import read_replay
from projections.readmodels.run import read_run
from server.snapshots.gifs import render
from server.snapshots.novelty import novelty_frames
from tests.support.processes import run_successfully

SIDE, EPISODES = 64, 24
WALL = {"kind": "wall", "cell": [10, 0], "to": [10, 40]}
WATER = {"kind": "water", "cell": [30, 30], "to": [35, 33]}
BEDS = [{"name": "Bed", "cell": [0, 0]}, {"name": "Bed2", "kind": "Bed", "cell": [63, 63]}]
TOWN = {
    "width": SIDE,
    "height": SIDE,
    "money_meter": None,
    "couplings": [],
    "meters": [
        {"name": f"need {i}", "start": 1.0, "drain": 0.01 if i == 0 else 0.001, "vital": i == 0}
        for i in range(16)
    ],
    "obstacles": [WALL, WATER],
    "affordances": [{**bed, "effects": {"need 0": 0.5}} for bed in BEDS]
    + [{"name": f"place {i}", "cell": [i, 50], "effects": {f"need {i % 16}": 0.2}} for i in range(62)],
}
CLOSED = {y * SIDE + 10 for y in range(41)} | {y * SIDE + x for x in range(30, 36) for y in range(30, 34)}


def test_the_largest_town_is_trained_projected_checked_and_drawn(tmp_path: Path) -> None:
    path = tmp_path / "town.yaml"
    stage = {"active_meters": [f"need {i}" for i in range(16)], "depletion": 1.0, "reward": "shaped"}
    path.write_text(
        yaml.safe_dump(
            {
                "extends": str(find_config(Path("quick"))),
                "population": {"num_agents": 4, "hidden": 8, "batch_size": 16, "updates_per_step": 1},
                "curriculum": {"stages": [stage] * 12},
                "training": {
                    "num_episodes": EPISODES,
                    "max_steps_per_episode": 120,
                    "randomize_affordances_at": 12,
                    "checkpoint_every": 10,
                },
                "world": TOWN,
            }
        )
    )
    run_dir = tmp_path / "run"
    run_successfully("producer", "run", "--config", path, "--run-dir", run_dir)
    run_successfully("projections", "run", "--run-dir", run_dir, "--until-caught-up")
    run_successfully("projections", "doctor", "--run-dir", run_dir)
    run_successfully(
        "projections", "export", "--what", "replays", "--run-dir", run_dir, "--out", tmp_path / "replays.csv"
    )
    state = json.loads(run_successfully("projections", "at", "--run-dir", run_dir, "--episode", EPISODES))
    assert {place["y"] * SIDE + place["x"] for place in state["layout"]}.isdisjoint(CLOSED)

    connection = apsw.Connection(str(run_dir / "demo_state.db"), flags=apsw.SQLITE_OPEN_READONLY)
    run = read_run(connection)
    assert run is not None
    assert {*run.walls, *run.water} == CLOSED
    assert run.kinds == {"Bed2": "Bed"}
    steps = 0
    for episode in range(1, EPISODES + 1):
        replay = read_replay(connection, episode)
        assert replay is not None
        assert CLOSED.isdisjoint(replay.path)
        moves = {abs(after - before) for before, after in zip(replay.path, replay.path[1:], strict=False)}
        assert moves <= {0, 1, SIDE}
        steps += replay.metrics.survival_time
    heatmap = read_heatmap(connection)
    assert round(sum(map(sum, heatmap.visits)) * EPISODES) == steps
    assert [len(row) for row in heatmap.novelty] == [SIDE] * SIDE
    frames, scale = novelty_frames(connection, 1, EPISODES), read_novelty_scale(connection)
    assert scale is not None
    with Image.open(io.BytesIO(render(frames, scale))) as picture:
        assert picture.n_frames == EPISODES  # type: ignore[attr-defined]
