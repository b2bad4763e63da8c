"""The towns that come along: each is trained and projected, and what is odd in it is explained."""

from pathlib import Path

import pytest

from core.config import load_config
from core.process.sqlite import open_reader
from core.world_odd import find_odd
from producer.training.criteria import bound_without_work, judge
from producer.training.memory_recorder import MemoryRecorder
from producer.training.trainer import Trainer, train
from projections.readmodels.episodes import newest_episode
from projections.readmodels.run import read_run
from tests.support import training
from tests.support.processes import REPOSITORY
from tests.support.read_models import project_log

FOLDER = REPOSITORY / "configs/townlet"
PACKS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
EXPLAINED = {
    "multi_day": ["can be lived in without work"] * 3,
    "sparse_adaptive": ["can be lived in without work"] * 3,
    "two_jobs": ["can be lived in without work"],
    "reward_hacking": ["nobody needs Bar", "Bar is never better than Bed"],
}
"""What is odd in a town and meant to be."""


@pytest.mark.parametrize("pack", PACKS)
def test_what_is_odd_in_a_town_is_meant(pack: str) -> None:
    odd = find_odd(load_config(FOLDER / f"{pack}.yaml"))
    expected = EXPLAINED.get(pack, [])
    assert len(odd) == len(expected), odd
    assert all(part in sentence for part, sentence in zip(expected, odd, strict=True)), odd
    page = (REPOSITORY / "docs/towns.md").read_text()
    assert not expected or f"`{pack}.yaml`" in page


@pytest.mark.parametrize("pack", PACKS)
def test_a_town_is_trained_and_projected(pack: str, tmp_path: Path) -> None:
    """Twenty episodes with the town, the stages and the networks of the file."""
    few = {"training.num_episodes": 20, "training.pace": None, "training.checkpoint_every": 10}
    config = load_config(FOLDER / f"{pack}.yaml", few)
    training.train(tmp_path, config)
    project_log(tmp_path / "events.db", tmp_path / "demo_state.db")
    connection = open_reader(tmp_path / "demo_state.db")
    try:
        run = read_run(connection)
        assert run is not None
        assert (run.width, run.height) == (config.world.width, config.world.height)
        assert newest_episode(connection) == 20
    finally:
        connection.close()


@pytest.mark.timeout(900)
def test_the_tiny_town_is_learnt() -> None:
    """Seconds on an idle core; walking at random lasts about 26 of 100 steps."""
    config = load_config(FOLDER / "tiny.yaml")
    history = MemoryRecorder(config)
    trainer = Trainer(config, history)
    train(trainer)
    assert sum(history.survival[:30]) / 30 < 35
    criteria = judge(config, history, trainer, bound_without_work(config))
    assert [criterion.name for criterion in criteria if not criterion.holds] == []
