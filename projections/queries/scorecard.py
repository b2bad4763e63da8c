"""The seed's success criteria, each with its target and where the run stands.

What is met was true at some episode (`since_episode` says which first); what is failed can no longer be
met by this run; all else is open.
"""

from itertools import pairwise
from typing import Any

import apsw

from projections.criteria import RECOVERED_AT, STAGE_TARGET, SURVIVAL_TARGET, WEIGHT_TARGET, WINDOW
from projections.queries.moment import affordance_graph
from projections.queries.now import memory_slope
from projections.views import Captures, Criterion

HOURS = 48
EPISODES = 5_000
RECOVERY_EPISODES = 500
LEAK_BYTES_PER_HOUR = 10 * 2**20
"""A slope below this is no leak: under half a gigabyte in two days."""
SLOPE_HOURS = 1.0
"""Least age of an attempt whose memory slope is judged."""
RESTART_SECONDS = 120.0
"""An attempt that follows within this was restarted by the supervisor, not by a person."""
SCREENSHOTS, GIFS = 200, 100
ROUTINE_SHARE = 0.4
"""Part of the window's ways between two affordances that the four commonest make up in a routine."""


def scorecard(connection: apsw.Connection, captures: Captures | None = None) -> list[Criterion]:
    """Every criterion; `captures` are counts of files that the log does not know of."""
    marks = {
        key: (episode, value)
        for key, episode, value in connection.execute("SELECT key, episode, value FROM scorecard_marks")
    }
    attempts: list[tuple[Any, ...]] = connection.execute(
        "SELECT started_at, ended_at, ended, last_episode FROM attempts ORDER BY attempt"
    ).fetchall()
    episode = int(attempts[-1][3]) if attempts else 0
    over = bool(attempts) and attempts[-1][2] == "completed"
    newest = connection.execute(
        "SELECT intrinsic_weight, curriculum_stage, mean_survival FROM episodes"
        " JOIN survival_means USING (episode_id) ORDER BY episode_id DESC LIMIT 1"
    ).fetchone()
    weight, stage, survival = newest if newest is not None else (1.0, 0, 0.0)

    def marked(key: str, name: str, title: str, target: str, value: str) -> Criterion:
        if name in marks:
            return _criterion(key, title, target, value, "met", marks[name][0])
        return _criterion(key, title, target, value, "failed" if over else "open")

    enough = episode >= EPISODES
    return [
        _runtime(attempts, over),
        _criterion(
            "episodes",
            "Episodes",
            f"{EPISODES:,}, better the whole run",
            f"{episode:,}",
            "met" if enough else "failed" if over else "open",
            EPISODES if enough else None,
        ),
        marked(
            "intrinsic_weight",
            "weight",
            "Exploration → exploitation",
            f"intrinsic weight < {WEIGHT_TARGET}",
            f"{weight:.2f}",
        ),
        marked(
            "survival",
            "survival",
            "Survival",
            f"mean of {WINDOW} lives ≥ {SURVIVAL_TARGET:.0f} steps",
            f"{survival:.0f} steps",
        ),
        marked("curriculum", "stage", "Curriculum", f"stage {STAGE_TARGET} or 5", f"stage {stage}"),
        _generalization(marks, episode, over),
        *_stability(connection, attempts),
        *_materials(connection, episode, over, captures),
    ]


def _runtime(attempts: list[tuple[Any, ...]], over: bool) -> Criterion:
    hours = (attempts[-1][1] - attempts[0][0]) / 3600 if attempts else 0.0
    state = "met" if hours >= HOURS else "failed" if over else "open"
    resumes = max(0, len(attempts) - 1)
    value = f"{hours:.1f} h, {resumes} resumes"
    return _criterion("runtime", "Runtime", f"{HOURS} h without manual intervention", value, state)


def _generalization(marks: dict[Any, tuple[Any, Any]], episode: int, over: bool) -> Criterion:
    title = "Generalisation"
    target = f"{RECOVERED_AT:.0%} of the survival back within {RECOVERY_EPISODES} episodes after the move"
    if "moved" not in marks:
        return _criterion("generalization", title, target, "not moved yet", "failed" if over else "open")
    moved, before = marks["moved"]
    if "recovered" in marks:
        back = marks["recovered"][0]
        state = "met" if back - moved <= RECOVERY_EPISODES else "failed"
        since = back if state == "met" else None
        return _criterion("generalization", title, target, f"after {back - moved} episodes", state, since)
    late = episode - moved > RECOVERY_EPISODES
    value = f"{episode - moved} episodes after the move, {before:.0f} steps before it"
    return _criterion("generalization", title, target, value, "failed" if late or over else "open")


def _stability(connection: apsw.Connection, attempts: list[tuple[Any, ...]]) -> list[Criterion]:
    slope = memory_slope(connection)
    age = (attempts[-1][1] - attempts[-1][0]) / 3600 if attempts else 0.0
    if slope is None or age < SLOPE_HOURS:
        memory, state = "not long enough yet", "open"
    else:
        memory, state = f"{slope / 2**20:+.1f} MiB/h", "met" if slope < LEAK_BYTES_PER_HOUR else "failed"
    anomalies = int(connection.execute("SELECT count(*) FROM annotations WHERE kind = 'anomaly'").get or 0)
    by_hand = sum(
        after[0] - before[1] > RESTART_SECONDS
        for before, after in pairwise(attempts)
        if before[2] in ("superseded", "failed")
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
            f"{by_hand} left for longer",
            "failed" if by_hand else "met",
        ),
    ]


def _materials(
    connection: apsw.Connection, episode: int, over: bool, captures: Captures | None
) -> list[Criterion]:
    planned = int(connection.execute("SELECT num_episodes FROM run_facts").get or 0)
    graph = affordance_graph(connection, episode - WINDOW + 1, episode)
    ways = (edge.count for edge in graph.edges if edge.source != edge.target)
    counts = sorted(ways, reverse=True)
    share = sum(counts[:4]) / sum(counts) if counts else 0.0
    routine = episode >= WINDOW and share >= ROUTINE_SHARE
    odd, first_odd = connection.execute("SELECT count(*), min(episode) FROM behaviours").fetchone() or (
        0,
        None,
    )
    early, late = (
        connection.execute(
            "SELECT avg(intrinsic_weight * intrinsic_reward) FROM episodes WHERE episode_id BETWEEN ? AND ?",
            (last - WINDOW + 1, last),
        ).get
        for last in (WINDOW, episode)
    )
    fades = episode >= 2 * WINDOW and early is not None and late is not None and late < 0.5 * early
    undone = "failed" if over else "open"
    taken = "not counted here" if captures is None else f"{captures.screenshots} and {captures.gifs}"
    enough = captures is not None and captures.screenshots >= SCREENSHOTS and captures.gifs >= GIFS
    return [
        _criterion(
            "data",
            "Data captured",
            f"{planned:,} episodes with heatmaps and affordance graphs",
            f"{episode:,}",
            "met" if planned and episode >= planned else undone,
        ),
        _criterion(
            "captures",
            "Visualisations",
            f"{SCREENSHOTS}+ screenshots, {GIFS}+ novelty GIFs",
            taken,
            "met" if enough else "open",
        ),
        _criterion(
            "transition",
            "Transition visible",
            "the weighted intrinsic reward of a life falls to less than half of its beginning",
            "-" if early is None or late is None else f"{early:.2f} → {late:.2f}",
            "met" if fades else undone,
        ),
        _criterion(
            "garden_path",
            "Garden path",
            f"the four commonest ways between affordances make up {ROUTINE_SHARE:.0%}",
            f"{share:.0%} of the last {WINDOW} lives'",
            "met" if routine else undone,
        ),
        _criterion(
            "failures",
            "Interesting failures",
            "at least one documented",
            f"{odd} found",
            "met" if odd else undone,
            first_odd,
        ),
    ]


def _criterion(key: str, title: str, target: str, value: str, state: str, since: Any = None) -> Criterion:
    return Criterion(key=key, title=title, target=target, value=value, state=state, since_episode=since)
