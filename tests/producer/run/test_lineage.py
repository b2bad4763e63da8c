"""What a log with several attempts says about the run."""

from pathlib import Path

import msgspec
import pytest

from core.codec import decode
from core.events import (
    CheckpointSaved,
    CurriculumSummary,
    EpisodeFinished,
    Event,
    RunResumed,
    RunStarted,
    RunStopped,
    SavedFile,
    TrainingAnomaly,
    WorldMap,
)
from core.log import EventLog, LogReader
from producer.run.lineage import present_lineage, read_past

STARTED = RunStarted(
    run_id="a" * 26,
    seed=0,
    num_episodes=100,
    num_agents=2,
    config_name="test",
    config={"population": {"gamma": 0.99, "n_step": 3}, "training": {"device": "cpu"}},
    config_hash="hash",
    world=WorldMap(
        width=8,
        height=8,
        meters=("energy",),
        vital_meters=("energy",),
        affordances=(),
        actions=("UP",),
        max_steps=500,
    ),
    curriculum=CurriculumSummary(
        stages=(), start_stage=1, survival_window=100, advance_at=350.0, retreat_at=150.0
    ),
    wages={},
    packages={},
    device="cpu",
)


def checkpoint(episode: int, position: int) -> Event:
    return CheckpointSaved(
        episode=episode,
        position=position,
        checkpoint=SavedFile(f"checkpoint_ep{episode:05d}.pt", "0", 1),
        replay=None,
    )


def resumed(attempt: int, after_episode: int, after_position: int, **changes: object) -> Event:
    return msgspec.structs.replace(
        RunResumed(
            attempt=attempt,
            checkpoint=None,
            after_episode=after_episode,
            after_position=after_position,
            reason="restart",
            num_episodes=100,
            config_hash="hash",
        ),
        **changes,
    )


def finished(episode: int) -> Event:
    return EpisodeFinished(
        episode=episode,
        agent=0,
        survival_time=10,
        total_reward=0.0,
        extrinsic_reward=0.0,
        intrinsic_reward=0.0,
        intrinsic_weight=1.0,
        born_stage=1,
        curriculum_stage=1,
        epsilon=1.0,
        cause="energy",
        vector_step=episode,
    )


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog(tmp_path / "events.db")


def test_an_empty_log_has_no_history(log: EventLog) -> None:
    assert read_past(log) is None


def test_superseded_checkpoints_do_not_count_and_kept_ones_do(log: EventLog) -> None:
    log.append([STARTED, checkpoint(10, 1), checkpoint(20, 2), checkpoint(30, 3)])  # positions 1 to 4
    log.append([resumed(2, 20, 3), checkpoint(25, 5)])  # 5 and 6: goes on from position 3
    past = read_past(log)
    assert past is not None
    assert [at.saved.episode for at in past.checkpoints] == [10, 20, 25]
    assert [at.position for at in past.checkpoints] == [2, 3, 6]
    assert past.attempt == 2
    assert past.stopped is None
    assert past.started_position == 1

    log.append([resumed(3, 10, 2), RunStopped(episode=10, reason="signal")])
    past = read_past(log)
    assert past is not None
    assert [at.saved.episode for at in past.checkpoints] == [10]
    assert past.stopped == RunStopped(episode=10, reason="signal")


def test_a_stop_that_was_gone_on_from_is_no_stop_any_more(log: EventLog) -> None:
    log.append([STARTED, checkpoint(10, 1), RunStopped(episode=10, reason="completed"), resumed(2, 10, 2)])
    past = read_past(log)
    assert past is not None
    assert past.stopped is None


def test_accepted_changes_are_part_of_the_configuration_also_when_superseded(log: EventLog) -> None:
    log.append(
        [STARTED, resumed(2, 0, 1, config_changes={"population.gamma": (0.99, 0.9)}), resumed(3, 0, 1)]
    )
    past = read_past(log)
    assert past is not None
    assert past.config == {"population": {"gamma": 0.9, "n_step": 3}, "training": {"device": "cpu"}}


def test_anomalies_count_for_ever(log: EventLog) -> None:
    anomaly = TrainingAnomaly(episode=5, where="loss", action="restored", checkpoint=None, occurrence=1)
    log.append([STARTED, resumed(2, 0, 1), anomaly, resumed(3, 0, 1)])
    past = read_past(log)
    assert past is not None
    assert past.restored == 1


def test_the_present_lineage_of_episodes_has_each_once_and_in_order(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db")
    log.append([STARTED, *(finished(episode) for episode in range(1, 6))])  # positions 1 to 6
    log.append([resumed(2, 3, 4), finished(4), finished(5), finished(6)])  # 7 to 10
    log.append([resumed(3, 4, 8), finished(5), finished(6), finished(7)])
    reader = LogReader(tmp_path / "events.db")
    lineage = [decode(record) for record in present_lineage(reader.read(0, 100))]
    reader.close()
    assert [event.episode for event in lineage if isinstance(event, EpisodeFinished)] == list(range(1, 8))
