"""Episodes of a checkpoint: what they measure, and how sure it is."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.codec import decode
from core.config import load_config
from core.errors import ConfigError, StoreError
from core.events import AffordancesRandomized, EpisodeFinished
from producer.run.evaluate import Evaluation, bootstrap_interval, evaluate
from tests.support.logs import read_log
from tests.support.training import train, write_small_config


def played(checkpoint: Path, episodes: int = 60, seed: int = 3, **options: object) -> Evaluation:
    return evaluate(checkpoint, episodes, seed, **options)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that moved its affordances at episode 40, with checkpoints of 20, 40, 60 and 70."""
    folder = tmp_path_factory.mktemp("run")
    changes = {
        "training.num_episodes": 70,
        "training.randomize_affordances_at": 40,
        "curriculum.start_stage": 4,
    }
    train(folder, load_config(write_small_config(folder / "small.yaml"), changes))
    return folder


def test_a_trained_network_plays_as_in_training_and_greedily(run_dir: Path) -> None:
    checkpoint = run_dir / "checkpoints" / "checkpoint_ep00070.pt"
    first = played(checkpoint)
    assert first.lines() == played(checkpoint).lines()
    assert (first.stage, first.episode, first.limit) == (4, 70, 150)
    as_trained, greedy, averaged = first.played
    assert [at.network for at in first.played] == ["online", "online", "target"]
    assert averaged.epsilon == 0.0
    assert averaged.survival_times != greedy.survival_times
    last = [event for event in map(decode, read_log(run_dir)) if isinstance(event, EpisodeFinished)][-1]
    assert as_trained.epsilon == pytest.approx(last.epsilon, rel=0.05)
    assert greedy.epsilon == 0.0
    for played_at in first.played:
        assert len(played_at.survival_times) == 60
        assert sum(played_at.causes.values()) == 60
        assert played_at.causes.get("limit", 0) == played_at.survival_times.count(150)
        assert played_at.low <= played_at.mean <= played_at.high
        assert min(played_at.survival_times) > 0
    # each agent has one episode: other starts, other episodes
    assert played(checkpoint, seed=4).played[0].survival_times != as_trained.survival_times


def test_epsilon_and_stage_are_as_asked(run_dir: Path) -> None:
    checkpoint = run_dir / "checkpoints" / "checkpoint_ep00070.pt"
    easy = played(checkpoint, stage=1, epsilon=0.3)
    assert easy.stage == 1
    assert [at.epsilon for at in easy.played] == [0.3, 0.0, 0.0]
    assert [at.network for at in played(checkpoint, epsilon=0.0).played] == ["online", "target"]
    with pytest.raises(ConfigError, match=r"--stage 6: the run has the stages 1 to 5"):
        played(checkpoint, stage=6)


def test_the_layout_is_the_one_that_was_learnt_unless_another_is_asked_for(run_dir: Path) -> None:
    config = load_config(run_dir / "small.yaml")
    start = {affordance.name: affordance.cell for affordance in config.world.affordances}
    (move,) = [event for event in map(decode, read_log(run_dir)) if isinstance(event, AffordancesRandomized)]
    moved = {place.name: (place.x, place.y) for place in move.new}
    before, at_the_move, after = (
        run_dir / "checkpoints" / f"checkpoint_ep000{episode}.pt" for episode in (20, 40, 70)
    )
    for checkpoint, layout, cells in (
        (before, "trained", start),
        (before, "moved", moved),
        (at_the_move, "trained", start),
        (at_the_move, "moved", moved),
        (after, "trained", moved),
        (after, "start", start),
        (after, str(run_dir / "small.yaml"), start),
    ):
        assert played(checkpoint, episodes=2, layout=layout).cells == cells, (checkpoint.name, layout)
    assert "--layout moved plays the new layout" in "\n".join(played(at_the_move, episodes=2).lines())
    other = run_dir / "other.yaml"
    other.write_text("extends: small.yaml\nworld: {width: 9}\n")
    with pytest.raises(ConfigError, match=r"other\.yaml: is another town"):
        played(after, layout=str(other))


def test_a_checkpoint_of_a_gpu_is_evaluated(run_dir: Path, tmp_path: Path) -> None:
    """A CUDA generator's state is 16 bytes; no CPU generator can load one."""
    whole = run_dir / "checkpoints" / "checkpoint_ep00070.pt"
    state = torch.load(whole, weights_only=True)
    state["trainer"]["dqn"]["generator"] = torch.arange(16, dtype=torch.uint8)
    torch.save(state, tmp_path / whole.name)
    assert played(tmp_path / whole.name).lines() == played(whole).lines()


def test_a_replay_buffer_is_no_network(tmp_path: Path, small_config: Path) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 20}))
    with pytest.raises(StoreError, match="holds no trained network"):
        evaluate(tmp_path / "checkpoints" / "checkpoint_ep00020.replay.pt", 10, seed=0)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    """Of samples like survival times: most at the limit, a tail below."""
    random = np.random.default_rng(0)
    population = np.concatenate([np.full(700, 500), random.integers(80, 500, 300)])
    covered = 0
    for seed in range(200):
        low, high = bootstrap_interval(random.choice(population, 100), seed)
        covered += low <= population.mean() <= high
    # binomial(200, 0.95) lies below 180 in one of 400 cases, above 199 in one of 10,000
    assert 180 <= covered <= 199
