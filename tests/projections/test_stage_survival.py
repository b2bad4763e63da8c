"""The mean survival of the stage that the page shows is the number that the trainer compares, exactly."""

from pathlib import Path
from statistics import fmean
from typing import Any

import apsw
import pytest

from core.codec import decode
from core.config import load_config
from core.events import CheckpointSaved, ExplorationChanged, StageChanged
from producer.run.checkpoints import read_file
from projections.readmodels.curriculum import DROP_DETECTED, MOST_BANDS, read_stage, read_stage_bands
from projections.readmodels.run import read_run
from tests.support.events import finished, started
from tests.support.logs import read_log
from tests.support.read_models import ReadModelKit, project_log
from tests.support.training import train, write_small_config

EPISODES = 130


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run whose agents move through the stages within 130 episodes, with a checkpoint every two."""
    folder = tmp_path_factory.mktemp("stages")
    changes: dict[str, Any] = {
        "training.checkpoint_every": 2,
        "curriculum.survival_window": 12,
        "curriculum.min_steps_at_stage": 1,
        "curriculum.survival_advance_threshold": 0.3,
        "curriculum.survival_retreat_threshold": 0.25,
        "curriculum.min_progress": -1000.0,
        "curriculum.entropy_gate": 1.0,
    }
    train(folder / "run", load_config(write_small_config(folder / "small.yaml"), changes))
    project_log(folder / "run" / "events.db", folder / "run" / "demo_state.db")
    return folder / "run"


def test_it_is_the_mean_of_what_the_trainer_holds(run_dir: Path) -> None:
    events = [decode(recorded) for recorded in read_log(run_dir)]
    # the last rollout goes on beyond the planned end, and its further episodes are not recorded
    saved = [event for event in events if isinstance(event, CheckpointSaved) and event.episode < EPISODES]
    changes = [event for event in events if isinstance(event, StageChanged)]
    assert len(changes) >= 2
    connection = apsw.Connection(str(run_dir / "demo_state.db"), flags=apsw.SQLITE_OPEN_READONLY)
    compared = 0
    for event in saved:
        curriculum = read_file(run_dir / "checkpoints" / event.checkpoint.name)["trainer"]["curriculum"]
        shown = read_stage(connection, event.episode)
        assert shown.stage == curriculum["stage"]
        assert (shown.window, shown.episodes_counted) == (12, len(curriculum["survivals"]))
        if curriculum["survivals"]:
            assert shown.mean_survival == fmean(curriculum["survivals"])
            compared += shown.episodes_counted == shown.window
        else:
            assert shown.mean_survival is None
    assert compared > 0
    run = read_run(connection)
    assert run is not None
    bands = read_stage_bands(connection)
    assert [band.stage for band in bands] == [1, *(change.to_stage for change in changes)]
    assert [band.name for band in bands] == [run.stages[band.stage - 1].name for band in bands]
    assert [band.first for band in bands[1:]] == [change.episode + 1 for change in changes]
    assert bands[-1].last == EPISODES
    connection.close()


def test_a_population_that_goes_to_and_fro_has_no_more_bands_than_can_be_drawn(kit: ReadModelKit) -> None:
    kit.given(started())
    episode, stage = 0, 1
    for change in range(3 * MOST_BANDS):
        stays = 3 if change % 100 == 0 else 1
        kit.when(*(finished(episode + n, 10) for n in range(1, stays + 1)))
        episode += stays
        to_stage = 3 if change == 50 else 3 - stage if stage < 3 else 1
        kit.when(
            StageChanged(episode=episode, agent=None, from_stage=stage, to_stage=to_stage, decided_by={})
        )
        stage = to_stage
    kit.when(finished(episode + 1, 10))
    bands = kit.ask(read_stage_bands)
    assert len(bands) <= MOST_BANDS
    assert [bands[0].first, bands[-1].last] == [1, episode + 1]
    assert [band.first for band in bands[1:]] == [band.last + 1 for band in bands[:-1]]
    assert {band.stage for band in bands} == {1, 2, 3}


def test_only_episodes_that_began_in_the_stage_count_since_the_last_detected_drop(kit: ReadModelKit) -> None:
    kit.given(started(), *(finished(n, 100) for n in range(1, 4)))
    kit.when(StageChanged(episode=3, agent=None, from_stage=1, to_stage=2, decided_by={}))
    kit.when(finished(4, 90, born_stage=1), finished(5, 50, born_stage=2), finished(6, 70, born_stage=2))
    stage = kit.ask(lambda c: read_stage(c, 6))
    assert (stage.stage, stage.mean_survival, stage.episodes_counted) == (2, 60.0, 2)
    kit.when(
        ExplorationChanged(
            episode=6,
            reason=DROP_DETECTED,
            intrinsic_weight_before=0.1,
            intrinsic_weight_after=0.5,
            epsilon_before=0.1,
            epsilon_after=0.3,
            decided_by={},
        )
    )
    kit.when(finished(7, 20, born_stage=2))
    assert kit.ask(lambda c: read_stage(c, 6)).mean_survival is None
    after = kit.ask(lambda c: read_stage(c, 7))
    assert (after.mean_survival, after.episodes_counted, after.episodes_in_stage) == (20.0, 1, 4)
