"""The success criteria of the specification, each with its target and where the run stood at an episode.

A criterion is met once it was true at some episode (`since_episode` is the first one); it has failed when
this run can no longer meet it, and is open otherwise. The read model `scorecard` stores what is needed.
"""

from itertools import pairwise
from typing import Any

import apsw
import msgspec

from core.definitions import RECOVERED_AT, RECOVERY_EPISODES, WINDOW, Recovery
from core.number_text import counted, percent, three_digits, whole
from projections.engine.route import EpisodeNumber
from projections.readmodels.affordances import read_affordance_graph
from projections.readmodels.as_of import AsOf, read_as_of, read_planned_hours
from projections.readmodels.baseline import read_baseline
from projections.readmodels.captures import Captures
from projections.readmodels.curriculum import read_stage
from projections.readmodels.health import newest_heartbeat
from projections.readmodels.recovery import read_recovery
from projections.readmodels.run import read_curriculum, read_run

SURVIVAL_TARGET = 150.0
"""Mean survival, in steps, that the specification asks for."""
WEIGHT_TARGET = 0.3
"""Intrinsic weight below which exploration has turned into exploitation."""
STAGE_TARGET = 4
HOURS, EPISODES = 48, 5_000
LEAK_BYTES_PER_HOUR = 10 * 2**20
"""A slope below this is no leak: under half a gigabyte in two days."""
RESTART_SECONDS = 120.0
"""An attempt that follows within this was restarted by the supervisor, not by a person."""
SCREENSHOTS, GIFS = 200, 100
ROUTINE_SHARE = 0.4
"""Part of the window's ways between two affordances that the four commonest make up in a routine."""

NOT_APPLICABLE = "not applicable"
NO_REWARD = "this run has no intrinsic reward"
NO_STAGES = "this run has no curriculum"
# title and target
FADING = ("Exploration → exploitation", f"intrinsic weight < {WEIGHT_TARGET}")
TRANSITION = (
    "Transition visible",
    "the weighted intrinsic reward of an episode falls to less than half of its beginning",
)


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """One success criterion: `since_episode` is when it was first met.

    `state` is met, open, failed, or "not applicable": the run does not do what the criterion is about.
    """

    key: str
    title: str
    target: str
    value: str
    state: str
    since_episode: int | None


def read_scorecard(
    connection: apsw.Connection, episode: EpisodeNumber | None = None, captures: Captures | None = None
) -> list[Criterion]:
    """Every success criterion as of the end of `episode`, the newest one without it.

    `captures` are files that the log does not know.
    """
    as_of = read_as_of(connection, episode)
    at, over = as_of.episode, as_of.completed
    rows: list[Any] = connection.execute(
        "SELECT key, episode FROM scorecard_marks WHERE episode <= ?", (at,)
    ).fetchall()
    marks: dict[str, int] = dict(rows)
    metrics = connection.execute(
        "SELECT intrinsic_weight, mean_survival FROM episodes"
        " JOIN survival_means USING (episode_id) WHERE episode_id = ?",
        (at,),
    ).fetchone()
    weight, survival = metrics if metrics is not None else (1.0, 0.0)
    progress = read_stage(connection, at)
    stage = progress.stage if progress is not None else 0

    def marked(key: str, name: str, title: str, target: str, value: str) -> Criterion:
        if name in marks:
            return _criterion(key, title, target, value, "met", marks[name])
        return _criterion(key, title, target, value, "failed" if over else "open")

    enough = at >= EPISODES
    run = read_run(connection)
    has_novelty = run is None or run.novelty != "none"
    has_stages = run is None or bool(run.stages)
    return [
        _runtime(as_of, read_planned_hours(connection)),
        _criterion(
            "episodes",
            "Episodes",
            f"{EPISODES:,} or more",
            f"{at:,}",
            "met" if enough else "failed" if over else "open",
            EPISODES if enough else None,
        ),
        marked("intrinsic_weight", "weight", *FADING, three_digits(weight))
        if has_novelty
        else _criterion("intrinsic_weight", *FADING, NO_REWARD, NOT_APPLICABLE),
        marked(
            "survival",
            "survival",
            "Survival",
            f"mean of {WINDOW} episodes ≥ {SURVIVAL_TARGET:.0f} steps",
            f"{whole(survival)} steps{_random_policy(connection, stage)}",
        ),
        marked("curriculum", "stage", "Curriculum", _stages(connection), f"stage {stage}")
        if has_stages
        else _criterion("curriculum", "Curriculum", f"stage {STAGE_TARGET}", NO_STAGES, NOT_APPLICABLE),
        _generalization(read_recovery(connection, at), over),
        *_stability(connection, as_of),
        *_materials(connection, as_of, captures, has_novelty),
    ]


def _random_policy(connection: apsw.Connection, stage: int) -> str:
    """What a random policy reaches in `stage`: without it nobody can tell learning from an easy stage."""
    baseline = read_baseline(connection)
    if baseline is None:
        return ""
    level = next((found for found in baseline.stages if found.stage == stage), None)
    return "" if level is None else f"; a random policy {whole(level.mean_survival)} in stage {stage}"


def _stages(connection: apsw.Connection) -> str:
    curriculum = read_curriculum(connection)
    last = len(curriculum.stages) if curriculum is not None else STAGE_TARGET
    return f"stage {STAGE_TARGET}" if last <= STAGE_TARGET else f"stage {STAGE_TARGET} to {last}"


def _runtime(as_of: AsOf, planned: float | None) -> Criterion:
    """Hours from the first event to the last; no criterion for a run that was never to last so long."""
    attempts = as_of.attempts
    hours = (as_of.ended_at - attempts[0].started_at) / 3600 if attempts else 0.0
    resumes = max(0, len(attempts) - 1)
    value = f"{hours:.1f} h, {counted(resumes, 'resume')}"
    state = "met" if hours >= HOURS else "failed" if as_of.completed else "open"
    if state != "met" and planned is not None and planned < HOURS:
        value, state = f"this run was planned for {60 * planned:,.0f} minutes", NOT_APPLICABLE
    elif state == "failed" and planned is None:
        state = NOT_APPLICABLE
        value = f"this run was planned without a pace; it took {60 * hours:,.0f} minutes"
    return _criterion("runtime", "Runtime", f"{HOURS} h without manual intervention", value, state)


def _generalization(recovery: Recovery, over: bool) -> Criterion:
    """The recovery within the time that the specification gives; survival that never dropped is back too."""
    target = f"{RECOVERED_AT:.0%} of the survival back within {RECOVERY_EPISODES} episodes after the move"
    state, since = "failed" if over else "open", None
    if recovery.state == "not part of this run":
        state = NOT_APPLICABLE
    elif recovery.state == "no drop" and recovery.moved_at is not None:
        state, since = "met", recovery.moved_at + recovery.window
    elif recovery.moved_at is not None and recovery.episodes is not None:
        within = recovery.episodes <= RECOVERY_EPISODES
        state = "met" if within else "failed"
        since = recovery.moved_at + recovery.episodes if within else None
    elif recovery.state == "not recovered":
        state = "failed"
    return _criterion("generalization", "Generalisation", target, recovery.text, state, since)


def _stability(connection: apsw.Connection, as_of: AsOf) -> list[Criterion]:
    attempts = as_of.attempts
    newest = newest_heartbeat(connection, as_of.episode, attempts[-1].attempt if attempts else 0)
    slope = newest.rss_bytes_per_hour if newest is not None else None
    if slope is None and as_of.completed:
        memory, state = "the run was too short to tell", NOT_APPLICABLE
    elif slope is None:
        memory, state = "not long enough yet", "open"
    else:
        memory, state = f"{slope / 2**20:+.1f} MiB/h", "met" if slope < LEAK_BYTES_PER_HOUR else "failed"
    anomalies = int(
        connection.execute(
            "SELECT count(*) FROM annotations WHERE kind = 'anomaly' AND episode <= ?", (as_of.episode,)
        ).get
        or 0
    )
    by_hand = sum(
        after.started_at - before.ended_at > RESTART_SECONDS
        for before, after in pairwise(attempts)
        if before.ended in ("superseded", "failed", "diverged")
    )
    return [
        _criterion(
            "memory", "No memory leak", f"slope < {LEAK_BYTES_PER_HOUR // 2**20} MiB/h", memory, state
        ),
        _criterion(
            "numbers", "No NaN", "no NaN or Inf", f"{anomalies} seen", "failed" if anomalies else "met"
        ),
        _criterion(
            "crashes",
            "No crash that needs a person",
            f"every crash restarted within {RESTART_SECONDS:.0f} s",
            f"{by_hand} took longer",
            "failed" if by_hand else "met",
        ),
    ]


def _materials(
    connection: apsw.Connection, as_of: AsOf, captures: Captures | None, has_novelty: bool
) -> list[Criterion]:
    episode, over = as_of.episode, as_of.completed
    planned = int(connection.execute("SELECT num_episodes FROM run_facts").get or 0)
    graph = read_affordance_graph(connection, None, max(1, episode))
    ways = (edge.count for edge in graph.edges if edge.source != edge.target)
    counts = sorted(ways, reverse=True)
    share = sum(counts[:4]) / sum(counts) if counts else 0.0
    routine = episode >= WINDOW and share >= ROUTINE_SHARE
    behaviours, first_seen = connection.execute(
        "SELECT count(*), min(episode) FROM behaviours WHERE NOT beginner AND episode <= ?", (episode,)
    ).fetchone() or (0, None)
    of_beginners = connection.execute(
        "SELECT count(*) FROM behaviours WHERE beginner AND episode <= ?", (episode,)
    ).get
    early, late = (
        connection.execute(
            "SELECT avg(intrinsic_weight * intrinsic_reward) FROM episodes WHERE episode_id BETWEEN ? AND ?",
            (last - WINDOW + 1, last),
        ).get
        for last in (WINDOW, episode)
    )
    fades = episode >= 2 * WINDOW and early is not None and late is not None and late < 0.5 * early
    undone = "failed" if over else "open"
    return [
        _criterion(
            "data",
            "Data captured",
            f"{planned:,} episodes with heatmaps and affordance graphs",
            f"{episode:,}",
            "met" if planned and episode >= planned else undone,
        ),
        _captures(as_of, captures, has_novelty),
        _criterion("transition", *TRANSITION, NO_REWARD, NOT_APPLICABLE)
        if not has_novelty
        else _criterion(
            "transition",
            *TRANSITION,
            "-" if early is None or late is None else f"{early:.2f} → {late:.2f}",
            "met" if fades else undone,
        ),
        _criterion(
            "garden_path",
            "Garden path",
            f"the four most frequent ways between affordances make up {ROUTINE_SHARE:.0%} of all",
            f"{percent(share)} in the last {WINDOW} episodes"
            if episode >= WINDOW
            else f"{percent(share)}, of {counted(episode, 'episode')}; {WINDOW} are needed",
            "met" if routine else undone,
        ),
        _criterion(
            "failures",
            "Interesting failures",
            "at least one documented",
            f"{behaviours:,} found" + (f", and {of_beginners:,} by beginners" if of_beginners else ""),
            "met" if behaviours else undone,
            first_seen,
        ),
    ]


def _captures(as_of: AsOf, captures: Captures | None, has_novelty: bool) -> Criterion:
    """The pictures made of what was by then; those made from history may come at any time."""
    target = f"{SCREENSHOTS}+ screenshots" + (f", {GIFS}+ novelty GIFs" if has_novelty else "")
    if captures is None:
        return _criterion("captures", "Visualisations", target, "not counted here", "open")
    shots = len(captures.screenshots)
    gifs = sum(last <= as_of.episode for last in captures.gifs)
    if not as_of.newest:
        shots = sum(at <= as_of.ended_at for at in captures.screenshots)
    history = sum(episode <= as_of.episode for episode in captures.history)
    if as_of.completed and not (shots or history or gifs):
        none = "none were made: no snapshot worker ran beside this run"
        return _criterion("captures", "Visualisations", target, none, NOT_APPLICABLE)
    enough = shots + history >= SCREENSHOTS and (gifs >= GIFS or not has_novelty)
    made = counted(shots + history, "screenshot") + (f" ({history:,} from history)" if history else "")
    if has_novelty:
        made += f" and {counted(gifs, 'GIF')}"
    # those of history can be made after the end
    return _criterion("captures", "Visualisations", target, made, "met" if enough else "open")


def _criterion(key: str, title: str, target: str, value: str, state: str, since: Any = None) -> Criterion:
    return Criterion(key=key, title=title, target=target, value=value, state=state, since_episode=since)
