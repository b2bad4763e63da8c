"""What each read model shows: given these events, when these come, then these rows."""

from typing import Any

import numpy as np

from core import events as e
from projections.readmodels.affordances import read_affordance_graph
from projections.readmodels.annotations import read_annotations
from projections.readmodels.attempts import read_attempts
from projections.readmodels.behaviour_page import read_behaviours
from projections.readmodels.criteria import read_scorecard
from projections.readmodels.health import read_health, read_trainer_status
from projections.readmodels.pairs import EpisodePair, read_pair
from projections.readmodels.replays import read_replay
from projections.readmodels.run import read_run
from projections.state import read_state
from tests.support.events import MOVED, PLACES, SAVED, cells, finished, resumed, saved, started, traced, uses


def test_episodes_have_the_seeds_nine_columns(kit: Any) -> None:
    kit.given(started()).when(finished(1, 7, epsilon=0.25))
    assert kit.rows("SELECT * FROM episodes") == [(1, 1001.0, 7, 1.5, -1.0, 2.5, 1.0, 1, 0.25)]
    assert kit.rows("SELECT * FROM episode_details") == [(1, 2, 1, 1, 1, "energy", 10)]


def test_a_resume_moves_superseded_episodes_aside_even_twice(kit: Any) -> None:
    kit.given(started(), finished(1), finished(2), saved(2, 3), finished(3, 30), finished(4))
    kit.when(resumed(2, 3), finished(3, 31), resumed(2, 3, 3), finished(3, 32))
    assert kit.rows("SELECT episode_id, survival_time FROM episodes") == [(1, 4), (2, 4), (3, 32)]
    assert kit.rows("SELECT episode_id, attempt, survival_time FROM superseded_episodes") == [
        (3, 1, 30),
        (4, 1, 4),
        (3, 2, 31),
    ]


def test_a_resume_before_the_first_checkpoint_takes_everything_back(kit: Any) -> None:
    kit.given(started(), finished(1), cells(1, [0, 1]), uses(1, "Bed", "Job")).when(resumed(0, 1))
    for table in ("episodes", "position_heatmap", "affordance_visits"):
        assert kit.rows(f"SELECT * FROM {table}") == []
    assert kit.rows("SELECT value FROM system_state WHERE key = 'current_episode'") == [("0",)]
    assert kit.ask(read_state) is None


def test_position_heatmap_counts_the_cells_steps_ended_in(kit: Any) -> None:
    kit.given(started()).when(finished(1, 4), cells(1, [1, 5, 5, 11], novelty=0.25, start=7))
    rows = kit.rows("SELECT x, y, visit_count, novelty_value FROM position_heatmap")
    assert len(rows) == 12
    assert [row for row in rows if row[2]] == [(1, 0, 1, 0.25), (1, 1, 2, 0.25), (3, 2, 1, 0.25)]


def test_position_heatmap_keeps_a_hundred_episodes_over_a_resume(kit: Any) -> None:
    """150 episodes, back to 120: the rolling window gets its older episodes back."""
    kit.given(started())
    for episode in range(1, 151):
        kit.given(finished(episode), cells(episode, [episode % 12] * 4))
    window = "SELECT min(episode_id), max(episode_id), count(*), sum(visit_count) FROM position_heatmap"
    assert kit.rows(window) == [(51, 150, 1200, 400)]
    kit.when(resumed(120, 1 + 240))
    assert kit.rows(window) == [(21, 120, 1200, 400)]


def test_visits_count_transitions_and_self_loops(kit: Any) -> None:
    kit.given(started()).when(
        finished(1), uses(1, "Bed", "Bed", "Job", "Bed", "Job"), finished(2), uses(2, "Bed")
    )
    assert kit.rows("SELECT * FROM affordance_visits") == [
        (1, "Bed", "Bed", 1),
        (1, "Bed", "Job", 2),
        (1, "Job", "Bed", 1),
    ]


def test_the_graph_knows_first_and_last_sight_and_the_windows_mean(kit: Any) -> None:
    kit.given(started(), finished(1), uses(1, "Bed", "Job"), finished(2), uses(2, "Bed", "Job", "Bed"))
    kit.when(finished(3), uses(3, "Job", "Bed"), finished(4), uses(4, "Bed", "Job", "Bed", "Job"))
    graph = kit.ask(lambda c: read_affordance_graph(c, 2, 4))
    assert graph.nodes == ("Bed", "Job", "Fridge")
    found = [
        (edge.source, edge.target, edge.count, edge.first_seen, edge.last_seen, edge.mean_episode)
        for edge in graph.edges
    ]
    assert found == [("Bed", "Job", 3, 1, 4, 10 / 3), ("Job", "Bed", 3, 2, 4, 3.0)]


def test_system_state_has_the_seeds_keys_and_takes_them_back(kit: Any) -> None:
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


def test_layout_and_stage_and_checkpoint_are_those_of_the_moment(kit: Any) -> None:
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


def test_a_checkpoint_survives_the_resume_from_it(kit: Any) -> None:
    kit.given(started(), finished(1), finished(2), saved(2, 3), finished(3), saved(3, 5)).when(resumed(2, 3))
    assert kit.rows("SELECT episode FROM checkpoints") == [(2,)]


def test_run_takes_over_what_the_operator_changed(kit: Any) -> None:
    kit.given(started())
    assert kit.ask(read_run).num_episodes == 10
    kit.when(
        resumed(0, 1, num_episodes=99, config_changes={"curriculum.survival_advance_threshold": (0.7, 0.5)})
    )
    kit.when(finished(1))
    assert kit.ask(read_run).num_episodes == 99
    assert kit.ask(read_state).stage.advance_at == 100.0


def test_attempts_tell_what_was_kept_and_why_they_ended(kit: Any) -> None:
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


def test_a_replay_gives_back_a_life_and_superseded_ones_too(kit: Any) -> None:
    levels = np.linspace(1.0, 0.0, 12).reshape(3, 4)
    kit.given(started(), finished(1, 2), cells(1, [4, 5], start=0), uses(1, "Bed"), traced(1, [1, 4], levels))
    kit.when(
        e.AffordancesRandomized(episode=1, seed=1, old=PLACES, new=MOVED),
        finished(2, 1),
        cells(2, [3]),
        uses(2),
        resumed(1, 5),
        finished(2, 1),
        cells(2, [6]),
        uses(2),
    )
    replay = kit.ask(lambda c: read_replay(c, 1))
    assert (replay.path, replay.actions) == ([0, 4, 5], [1, 4])
    assert replay.meters == np.rint(levels * 255).astype(int).tolist()
    assert [(use.step, use.affordance) for use in replay.uses] == [(1, "Bed")]
    now, earlier = (kit.ask(lambda c, a=a: read_replay(c, 2, a)) for a in (None, 1))
    assert (now.attempt, now.path, now.layout[0].x) == (2, [0, 6], 1)
    assert (earlier.attempt, earlier.path, earlier.layout[0].x) == (1, [0, 3], 2)
    assert kit.ask(lambda c: read_replay(c, 2, 7)) is None


def test_health_gives_the_newest_heartbeats_slope_of_the_memory(kit: Any) -> None:
    kit.given(started())
    for i in range(100):
        kit.when(
            e.Heartbeat(
                episode=i,
                vector_step=i,
                updates=i,
                agent_steps_per_second=10.0,
                loss=0.1,
                mean_q=0.2,
                gradient_norm=0.3,
                rss_bytes=1_000_000 + 1000 * i,
                device_memory_bytes=0,
                replay_fill=0.5,
                rss_bytes_per_hour=36_000.0 * i if i else None,
            )
        )
    health = kit.ask(read_health)
    assert health.rss_bytes_per_hour == kit.ask(read_trainer_status).rss_bytes_per_hour == 36_000.0 * 99
    assert health.rss_bytes[-1] == 1_099_000


def test_health_thins_the_whole_run_and_says_how(kit: Any) -> None:
    """11 heartbeats in at most 4 points: means of what varies, the highest of what must not be missed."""
    kit.given(started())
    for i in range(11):
        kit.when(
            e.Heartbeat(
                episode=i,
                vector_step=i,
                updates=i,
                agent_steps_per_second=float(i),
                loss=0.1,
                mean_q=0.2,
                gradient_norm=0.3,
                rss_bytes=900 if i == 4 else 100,
                device_memory_bytes=0,
                replay_fill=0.5,
            )
        )
    exact = kit.ask(read_health)
    assert (exact.resolution, exact.episode) == (1, list(range(11)))
    thinned = kit.ask(lambda c: read_health(c, 4))
    assert thinned.resolution == 3
    assert thinned.episode == [2, 5, 8, 10]
    assert thinned.agent_steps_per_second == [1.0, 4.0, 7.0, 9.5]
    assert thinned.rss_bytes == [100, 900, 100, 100]


def test_the_pulse_has_the_memory_alarm_of_a_trainer_that_runs(kit: Any) -> None:
    def beat(**memory: Any) -> e.Heartbeat:
        return e.Heartbeat(
            episode=1, vector_step=1, updates=1, agent_steps_per_second=10.0, loss=0.1, mean_q=0.2,
            gradient_norm=0.3, rss_bytes=900, device_memory_bytes=0, replay_fill=0.5, **memory,
        )  # fmt: skip

    kit.given(started())
    kit.when(beat())
    before_the_field = kit.ask(read_trainer_status)
    assert (before_the_field.rss_limit_bytes, before_the_field.memory_alarm) == (None, "")
    kit.when(beat(rss_limit_bytes=1000, rss_bytes_per_hour=50.0, memory_alarm="nearly full"))
    alarmed = kit.ask(read_trainer_status)
    assert (alarmed.rss_limit_bytes, alarmed.memory_alarm) == (1000, "nearly full")
    kit.when(e.RunStopped(episode=1, reason="signal", detail="SIGTERM"))
    assert kit.ask(read_trainer_status).memory_alarm == ""


def test_annotations_keep_to_the_present_lineage_but_for_resumes_and_anomalies(kit: Any) -> None:
    kit.given(started(), finished(1), finished(2), saved(2, 3), finished(3))
    kit.given(
        e.TrainingAnomaly(episode=3, where="loss", action="restored", checkpoint=None, occurrence=1),
        e.StageChanged(episode=3, agent=None, from_stage=1, to_stage=2, decided_by={}),
    )
    assert [note.kind for note in kit.ask(read_annotations)] == [
        "started",
        "checkpoint",
        "anomaly",
        "stage",
    ]
    kit.when(resumed(2, 3))
    notes = kit.ask(read_annotations)
    assert [note.kind for note in notes] == ["started", "checkpoint", "resumed", "anomaly"]
    assert kit.ask(lambda c: read_annotations(c, 3, 3)) == [notes[-1]]


def test_the_scorecard_says_since_when(kit: Any) -> None:
    kit.given(started(num_episodes=260))
    for episode in range(1, 101):
        kit.given(finished(episode, 100))
    criteria = {criterion.key: criterion for criterion in kit.ask(read_scorecard)}
    assert criteria["survival"].state == "open"
    for episode in range(101, 151):
        kit.when(finished(episode, 200, intrinsic_weight=0.29, curriculum_stage=4))
    kit.when(e.AffordancesRandomized(episode=150, seed=1, old=PLACES, new=MOVED))
    for episode in range(151, 261):
        kit.when(finished(episode, 150))
    criteria = {criterion.key: criterion for criterion in kit.ask(read_scorecard)}
    for key, since in (
        ("survival", 150),
        ("intrinsic_weight", 101),
        ("curriculum", 101),
        ("generalization", 250),
    ):
        assert (criteria[key].state, criteria[key].since_episode) == ("met", since)
    assert criteria["data"].state == "met"
    assert criteria["episodes"].state == "open"
    kit.when(e.RunStopped(episode=260, reason="completed"))
    criteria = {criterion.key: criterion for criterion in kit.ask(read_scorecard)}
    assert (criteria["episodes"].state, criteria["runtime"].state) == ("failed", "failed")


def test_odd_lives_are_found_with_their_evidence(kit: Any) -> None:
    levels = np.full((121, 4), 0.9)
    kit.given(started(), finished(1, 120), cells(1, [5] * 120), uses(1, "Bed"), traced(1, [4] * 120, levels))
    kit.when(finished(2, 120), cells(2, [6, 7] * 60, start=6), uses(2), traced(2, [4] * 120, levels))
    kit.when(finished(3, 320), cells(3, list(range(12)) * 26 + [0] * 8), uses(3, "Bed"))
    found = {(b.episode, b.kind): b.evidence for b in kit.ask(read_behaviours).found}
    assert found[1, "camping"] == "120 of 120 steps on its cell, 1 uses"
    assert found[1, "hoarding"] == "died of energy after 120 steps with 90% of a full purse"
    assert (
        found[2, "ping_pong"]
        == "120 steps in a row between column 3, row 2 and column 4, row 2, until step 120 of 120"
    )
    assert found[2, "waiting"] == "120 of 120 steps on INTERACT where there is no affordance"
    assert found[3, "never_working"] == "lived 320 steps with 1 uses, none of them Job"
    assert len(found) == 5


def test_reward_up_while_survival_falls_is_odd(kit: Any) -> None:
    kit.given(started())
    for episode in range(1, 201):
        early = episode <= 100
        kit.when(finished(episode, 100 if early else 80, total_reward=1.0 if early else 2.0))
    (found,) = kit.ask(read_behaviours).found
    assert (found.episode, found.kind) == (200, "reward_hacking")
    assert "1.00 → 2.00, mean survival 100 → 80 steps" in found.evidence


def test_behaviours_are_counted_by_kind_as_of_an_episode(kit: Any) -> None:
    kit.given(started())
    for episode in range(1, 251):
        kit.when(finished(episode, 120, epsilon=0.9 if episode == 1 else 0.1))
        path = [0, 5] * 60 if episode in (1, 150, 250) else list(range(12)) * 10
        kit.when(cells(episode, path, start=5), uses(episode))
    now = kit.ask(read_behaviours)
    assert [(k.kind, k.name, k.count, k.beginners) for k in now.kinds] == [("ping_pong", "Ping-pong", 3, 1)]
    found = [(b.episode, b.beginner, b.step) for b in now.found]
    assert found == [(250, False, 1), (150, False, 1), (1, True, 1)]
    then = kit.ask(lambda c: read_behaviours(c, 200))
    assert (then.total, [b.episode for b in then.found]) == (2, [150, 1])
    page = kit.ask(lambda c: read_behaviours(c, kind="ping_pong", limit=1, offset=1))
    assert (page.total, [b.episode for b in page.found]) == (3, [150])
    assert kit.ask(lambda c: read_behaviours(c, kind="camping")).found == []


def test_a_pair_begins_on_one_cell_and_neither_episode_straddles_the_move(kit: Any) -> None:
    kit.given(started())
    assert kit.ask(read_pair) is None
    walks = [(1, 0, 5), (2, 0, 6), (3, 1, 6)]
    for episode, agent, cell in walks:
        kit.when(finished(episode, 2, agent=agent), cells(episode, [cell, cell], start=cell))
    kit.when(e.AffordancesRandomized(episode=3, seed=1, old=PLACES, new=MOVED))
    for episode, agent, cell in [(4, 0, 6), (5, 1, 5), (6, 1, 5), (7, 0, 5)]:
        kit.when(finished(episode, 2, agent=agent), cells(episode, [cell, cell], start=cell))
    assert kit.ask(lambda c: read_pair(c, 6)) == EpisodePair(
        before=1, after=6, start_cell=5, same_agent=False
    )
    assert kit.ask(read_pair) == EpisodePair(before=1, after=7, start_cell=5, same_agent=True)
