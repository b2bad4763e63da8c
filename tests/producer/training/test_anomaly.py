"""NaN and Inf: noticed soon, mended from a checkpoint with other random numbers, given up after three."""

from pathlib import Path

import pytest
import torch

from core.codec import Recorded, decode
from core.config import load_config
from core.config_schema import RunConfig
from core.errors import DivergedError
from core.events import EpisodeFinished, Event, Heartbeat, RunResumed, RunStopped, TrainingAnomaly
from core.process.signals import ShutdownSignal
from core.run_directory import in_folder
from producer.agent.dqn import Update
from producer.run.config_changes import Given
from producer.run.console import Console, Progress
from producer.run.lineage import present_lineage
from producer.run.run import run
from producer.training.anomaly import CHECK_EVERY, NotFiniteError, require_finite, reseed
from producer.training.memory_recorder import MemoryRecorder
from producer.training.trainer import Trainer
from tests.support.logs import learning_events, read_log
from tests.support.training import train


def events_of(records: list[Recorded]) -> list:
    return [decode(record) for record in records]


class Poisoner(Progress):
    """Overwrites a weight of the running trainer at the first heartbeat after each of the given episodes.

    The trainer is found through `Trainer.decide`, which is called for every episode.
    """

    def __init__(self, config: RunConfig, at: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(Console(), config)
        self._at = at
        self._trainers: list[Trainer] = []
        decide = Trainer.decide

        def spy(trainer: Trainer, episode: object) -> None:
            self._trainers.append(trainer)
            decide(trainer, episode)  # type: ignore[arg-type]

        monkeypatch.setattr(Trainer, "decide", spy)

    def show(self, event: Event) -> None:
        super().show(event)
        if isinstance(event, Heartbeat) and self._at and event.episode >= self._at[0]:
            self._at.pop(0)
            self._trainers[-1].dqn.q_network.flat[7] = torch.nan


def train_poisoned(folder: Path, config: RunConfig, at: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    poisoner = Poisoner(config, at, monkeypatch)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("producer.run.run.Progress", lambda _console, _config: poisoner)
        run(Given(config, "the file"), in_folder(folder), Console(), ShutdownSignal())


@pytest.mark.parametrize(
    "poison",
    ["online weights", "predictor weights", "infinite gradients", "infinite loss", "infinite Q-values"],
)
def test_poison_is_noticed_wherever_it_is(small_config: Path, poison: str) -> None:
    config = load_config(small_config)
    trainer = Trainer(config, MemoryRecorder(config))
    for _ in range(40):
        trainer.step()
    require_finite(trainer)
    match poison:
        case "online weights":
            trainer.dqn.q_network.flat[0] = torch.nan
        case "predictor weights":
            trainer.novelty.predictor.flat[0] = torch.inf
        case "infinite Q-values":
            trainer.metrics.record(Update(torch.ones(8), torch.full((8, 5), torch.inf), torch.tensor(1.0)))
        case "infinite gradients":
            trainer.metrics.record(Update(torch.ones(8), torch.ones((8, 5)), torch.tensor(torch.inf)))
        case "infinite loss":
            trainer.metrics.record(Update(torch.full((8,), torch.nan), torch.ones((8, 5)), torch.tensor(1.0)))
    with pytest.raises(NotFiniteError, match=poison.split()[-1]):
        require_finite(trainer)


def test_a_run_is_restored_after_a_nan_and_its_lineage_has_no_trace_of_it(
    tmp_path: Path, small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(small_config, {"training.num_episodes": 100})
    train_poisoned(tmp_path, config, [30, 70], monkeypatch)

    everything = read_log(tmp_path)
    anomalies = [event for event in events_of(everything) if isinstance(event, TrainingAnomaly)]
    assert [(event.action, event.occurrence, event.checkpoint) for event in anomalies] == [
        ("restored", 1, "checkpoint_ep00020.pt"),
        ("restored", 2, "checkpoint_ep00060.pt"),
    ]
    resumed = [event for event in events_of(everything) if isinstance(event, RunResumed)]
    assert [(event.attempt, event.reason) for event in resumed] == [(2, "anomaly"), (3, "anomaly")]
    for anomaly, before, after in zip(anomalies, [30, 70], resumed, strict=True):
        # a vector step ends at most eight episodes here, a rollout of eight 64
        assert before <= anomaly.episode <= before + CHECK_EVERY * 64
        assert after.after_episode < anomaly.episode

    lineage = events_of(present_lineage(everything))
    finished = [event for event in lineage if isinstance(event, EpisodeFinished)]
    assert [event.episode for event in finished] == list(range(1, 101))
    assert all(event.total_reward == event.total_reward for event in finished)
    assert isinstance(lineage[-1], RunStopped)
    assert lineage[-1].reason == "completed"
    assert [event for event in lineage if isinstance(event, TrainingAnomaly)] == anomalies


def test_a_crash_after_a_restored_checkpoint_does_not_meet_the_same_anomaly_again(
    tmp_path: Path,
    small_config: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def finished() -> list[Event]:
        return [event for event in learning_events(tmp_path) if isinstance(event, EpisodeFinished)]

    config = load_config(small_config, {"training.num_episodes": 100})
    train_poisoned(tmp_path, config, [70], monkeypatch)
    repeated = finished()
    # lose every checkpoint made since: the one before the anomaly still has the random numbers of the seed
    for path in (tmp_path / "checkpoints").glob("checkpoint_ep*[81]*"):
        path.unlink()
    train(tmp_path, load_config(small_config, {"training.num_episodes": 120}))
    assert finished()[:100] == repeated


def test_a_hopeless_learning_rate_ends_after_three_restored_checkpoints(
    tmp_path: Path, small_config: Path
) -> None:
    config = load_config(small_config, {"population.learning_rate": 1e30})
    with pytest.raises(DivergedError, match="begin a new run with a lower") as failure:
        train(tmp_path, config)
    assert failure.value.exit_code == 70
    events = events_of(read_log(tmp_path))
    anomalies = [event for event in events if isinstance(event, TrainingAnomaly)]
    assert [event.action for event in anomalies] == ["restored"] * 3 + ["stopped"]
    assert isinstance(events[-1], RunStopped)
    assert events[-1].reason == "diverged"
    assert "NaN" not in "".join(record.payload for record in read_log(tmp_path) if record.type == "heartbeat")


def test_a_sequence_of_random_numbers_differs_from_others_and_repeats(small_config: Path) -> None:
    config = load_config(small_config)

    def starts_and_draws(sequence: int) -> tuple[list[int], list[float]]:
        trainer = Trainer(config, MemoryRecorder(config))
        reseed(trainer, sequence)
        trainer.town.reset()
        return (
            trainer.town.observation().cell.tolist(),
            torch.rand(5, generator=trainer.dqn.generator).tolist(),
        )

    assert starts_and_draws(1) == starts_and_draws(1)
    assert starts_and_draws(0)[0] != starts_and_draws(1)[0] != starts_and_draws(2)[0]
    assert starts_and_draws(0)[1] != starts_and_draws(1)[1] != starts_and_draws(2)[1]
