"""A town of another size, with other meters and without money, from the trainer to the read models."""

import json
from pathlib import Path

import yaml

from core.resources import find_config
from tests.support.processes import run_successfully

TOWN = {
    "width": 5,
    "height": 4,
    "money_meter": None,
    "couplings": [],
    "meters": [
        {"name": "energy", "start": 1.0, "drain": 0.02, "vital": True},
        {"name": "food", "start": 1.0, "drain": 0.02, "vital": True},
    ],
    "affordances": [
        {"name": "Bed", "cell": [1, 1], "effects": {"energy": 0.5}},
        {"name": "Kitchen", "cell": [3, 3], "effects": {"food": 0.5}},
    ],
}


def test_a_run_without_money_is_trained_and_projected(tmp_path: Path) -> None:
    path = tmp_path / "town.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "extends": str(find_config(Path("quick"))),
                "population": {"num_agents": 4, "hidden": 16, "batch_size": 16, "updates_per_step": 1},
                "curriculum": {
                    "stages": [{"active_meters": ["energy", "food"], "depletion": 1.0, "reward": "shaped"}]
                },
                "training": {
                    "num_episodes": 30,
                    "max_steps_per_episode": 100,
                    "randomize_affordances_at": 15,
                },
                "world": TOWN,
            }
        )
    )
    run_dir = tmp_path / "run"
    run_successfully("producer", "run", "--config", path, "--run-dir", run_dir)
    run_successfully("projections", "run", "--run-dir", run_dir, "--until-caught-up")
    status = json.loads(run_successfully("projections", "status", "--run-dir", run_dir, "--json"))
    assert status["projectors"]
    assert [projector["poison"] for projector in status["projectors"]] == [None] * len(status["projectors"])
    state = json.loads(run_successfully("projections", "at", "--run-dir", run_dir, "--episode", "30"))
    assert state["episode"] == 30
