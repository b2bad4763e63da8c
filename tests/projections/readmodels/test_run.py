"""The run: its state by key, its configuration, its attempts and checkpoints."""

from core import events as e
from projections.readmodels.attempts import read_attempts
from projections.readmodels.health import read_trainer_status
from projections.readmodels.run import read_run
from projections.state import read_state
from tests.support.events import MOVED, PLACES, SAVED, finished, resumed, saved, started
from tests.support.read_models import ReadModelKit


def test_system_state_has_the_specified_keys_and_a_resume_takes_them_back(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1), finished(2), saved(2, 3))
    assert dict(kit.rows("SELECT * FROM system_state")) == {
        "current_episode": "2",
        "last_checkpoint": SAVED.name,
        "training_status": "running",
        "start_time": "1000.0",
    }
    kit.when(e.AffordancesRandomized(episode=2, seed=1, old=PLACES, new=MOVED))
    kit.when(finished(3), e.RunStopped(episode=3, reason="signal", detail="SIGTERM"))
    state = dict(kit.rows("SELECT * FROM system_state"))
    assert state["training_status"] == "stopped"
    assert state["affordance_randomization_episode"] == "2"
    assert state["old_affordance_positions"] == '{"Bed":[1,1],"Job":[3,2],"Fridge":[0,0]}'
    assert state["new_affordance_positions"] == '{"Bed":[2,2],"Job":[0,1],"Fridge":[3,0]}'
    kit.when(resumed(2, 3))
    state = dict(kit.rows("SELECT * FROM system_state"))
    assert set(state) == {"current_episode", "last_checkpoint", "training_status", "start_time"}
    assert (state["current_episode"], state["training_status"]) == ("2", "running")


def test_layout_stage_and_checkpoint_are_those_of_the_asked_episode(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1), finished(2), saved(2, 3))
    kit.when(
        e.AffordancesRandomized(episode=2, seed=1, old=PLACES, new=MOVED),
        finished(3, 180),
        e.StageChanged(episode=3, agent=None, from_stage=1, to_stage=2, decided_by={"mean": 9.0}),
        finished(4, 60, curriculum_stage=2, born_stage=2),
    )
    before, after, newest = (kit.ask(lambda c, n=n: read_state(c, n)) for n in (1, 2, 4))
    assert [place.x for place in before.layout] == [1, 3, 0]
    assert [place.x for place in after.layout] == [2, 0, 3]
    assert (before.checkpoint, after.checkpoint) == (None, SAVED.name)
    assert (before.stage.stage, before.stage.advance_at, before.stage.retreat_at) == (1, 140.0, None)
    assert (newest.stage.stage, newest.stage.since_episode, newest.stage.episodes_in_stage) == (2, 4, 1)
    assert (newest.stage.mean_survival, newest.stage.retreat_at) == (60.0, 60.0)
    assert newest.mean_survival == (4 + 4 + 180 + 60) / 4


def test_a_checkpoint_survives_the_resume_from_it(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1), finished(2), saved(2, 3), finished(3), saved(3, 5)).when(resumed(2, 3))
    assert kit.rows("SELECT episode FROM checkpoints") == [(2,)]


def test_the_run_has_the_configuration_that_a_resume_changed(kit: ReadModelKit) -> None:
    kit.given(started())
    assert kit.ask(read_run).num_episodes == 10
    kit.when(
        resumed(0, 1, num_episodes=99, config_changes={"curriculum.survival_advance_threshold": (0.7, 0.5)})
    )
    kit.when(finished(1))
    assert kit.ask(read_run).num_episodes == 99
    assert kit.ask(read_state).stage.advance_at == 100.0


def test_attempts_say_what_was_kept_and_why_they_ended(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1), finished(2), saved(2, 3), finished(3))
    kit.when(resumed(2, 3), finished(3), e.RunStopped(episode=3, reason="signal"))
    kit.when(resumed(3, 8, 3), finished(4), e.RunStopped(episode=4, reason="completed"))
    found = [
        (a.attempt, a.first_episode, a.last_episode, a.kept_until, a.ended, a.checkpoint)
        for a in kit.ask(read_attempts)
    ]
    assert found == [
        (1, 1, 3, 2, "superseded", None),
        (2, 3, 3, 3, "stopped", SAVED.name),
        (3, 4, 4, 4, "completed", SAVED.name),
    ]
    assert kit.ask(read_trainer_status).status == "completed"
