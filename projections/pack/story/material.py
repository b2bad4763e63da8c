"""What happened in a run, as the template of the story asks for it: facts, and what they mean in words."""

from typing import Any

import apsw
import msgspec

from core.definitions import WINDOW, Recovery
from core.errors import StoreError
from projections.pack.story.facts import Fact, Facts
from projections.readmodels.attempts import read_attempts
from projections.readmodels.baseline import read_baseline
from projections.readmodels.curriculum import read_stage_bands
from projections.readmodels.episodes import newest_episode
from projections.readmodels.health import read_trainer_status
from projections.readmodels.run import read_run
from projections.state import State, read_state

LITTLE = 0.3
"""Part of its first weight from which on curiosity has given way, as in the success criteria."""
PAIRS = 3
FAILURES = 3
TELLING = ("reward_hacking", "camping", "waiting", "miserable", "hoarding", "never_working", "ping_pong")
"""Kinds of behaviour, the one that teaches most first."""
UNITS = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0), ("seconds", 1.0))
FEW = 2.0
"""A span is told in the largest unit of which there are so many."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A behaviour that the rules found: `evidence` and `count` are facts, `step` is where it begins."""

    kind: str
    title: str
    evidence: Fact
    count: Fact
    episode: int
    step: int | None


def material_of(connection: apsw.Connection, recovery: Recovery | None = None) -> dict[str, Any]:
    """The names that the template knows; `recovery` in place of what the run's own move led to.

    Raises:
        StoreError: no episode has finished yet.
    """
    run, newest = read_run(connection), newest_episode(connection)
    trainer, state = read_trainer_status(connection), read_state(connection)
    if run is None or trainer is None or state is None:
        raise StoreError("no episode has finished yet: there is no story to tell")
    facts = Facts(connection, newest)
    size = min(WINDOW, newest)
    start, end = facts.mean_survival(1, size), facts.mean_survival(newest - size + 1, newest)
    attempts = len(read_attempts(connection))
    # without RND the weight is recorded, and is 0 for ever
    is_curious = run.novelty != "none"
    curiosity = _exploration(facts, "intrinsic_weight", "weight of curiosity") if is_curious else None
    return {
        "run": run,
        "config": run.config_name,
        "newest": newest,
        "duration": facts.given(
            _span(trainer.last_event_at - run.started_at),
            "from the first to the last event of the log",
            "SELECT started_at FROM attempts",
            newest,
        ),
        "episodes": facts.total("count(*)", "finished episodes of the present lineage"),
        "steps": facts.total("sum(survival_time)", "steps of all episodes together"),
        "agents": facts.given(str(run.num_agents), "agents at a time", "run", 1),
        "limit": facts.given(f"{run.max_steps} steps", "the longest that an episode can last", "run", newest),
        "cells": facts.given(f"{run.width * run.height}", "cells of the town", "run", 1),
        "attempts": facts.given(str(attempts), "attempts of the trainer", "attempts", newest, attempts),
        "resumed": attempts > 1,
        "start": start,
        "end": end,
        "random": _random(connection, facts, newest),
        "stages": _stages(connection, facts, run),
        "curiosity": curiosity,
        "epsilon": _exploration(facts, "epsilon", "probability of a random action"),
        "paths": _paths(facts),
        "move": _move(facts, state, recovery or state.recovery),
        "failures": _failures(connection, facts),
        "ended": facts.top_cause(newest - size + 1, newest),
    }


def _span(seconds: float) -> str:
    for unit, length in UNITS:
        if seconds >= FEW * length or length == 1.0:
            return f"{seconds / length:.0f} {unit}"
    raise AssertionError("seconds are always few enough")


def _random(connection: apsw.Connection, facts: Facts, newest: int) -> Fact | None:
    """What a random policy survives in the stage in which the run ended."""
    baseline, bands = read_baseline(connection), read_stage_bands(connection)
    stage = bands[-1].stage if bands else 1
    measured = next((entry for entry in baseline.stages if entry.stage == stage), None) if baseline else None
    if baseline is None or measured is None:
        return None
    fact = facts.given(
        f"{measured.mean_survival:.0f} steps",
        f"mean survival of a policy that draws every action, in stage {stage}",
        "baseline",
        newest,
        baseline.episodes,
    )
    interval = f"{measured.low:.0f} to {measured.high:.0f} steps"
    return msgspec.structs.replace(fact, interval=interval, value=measured.mean_survival, high=measured.high)


def _stages(connection: apsw.Connection, facts: Facts, run: Any) -> list[dict[str, Any]]:
    """Every stage that was reached: how it began, and the survival before and after that."""
    told = []
    for band in read_stage_bands(connection):
        begun, last = band.first, min(facts.newest, band.first + WINDOW - 1)
        before = facts.mean_survival(max(1, begun - WINDOW), begun - 1) if begun > 1 else None
        after = facts.mean_survival(begun, last)
        told.append(
            {
                "name": band.name,
                "meaning": run.stages[band.stage - 1].meaning,
                "first": begun,
                "began": facts.given(f"{begun:,}", f"first episode of {band.name}", "stages", begun),
                "before": before,
                "after": after,
                "change": _change(before, after) if before is not None else "",
            }
        )
    return told


def _change(before: Fact, after: Fact) -> str:
    """How survival changed, where the intervals of the two means do not overlap."""
    if after.high < before.low:
        return "a fall"
    return "a rise" if after.low > before.high else "no clear change"


def _exploration(facts: Facts, column: str, what: str) -> dict[str, Any] | None:
    first = facts.column_at(column, 1, what)
    last = facts.column_at(column, facts.newest, what)
    if first is None or last is None:
        return None
    return {"first": first, "last": last, "is_little": last.value <= LITTLE * first.value}


def _paths(facts: Facts) -> dict[str, Any] | None:
    """The most used pairs of the last window, and what share each had in the first one."""
    size = min(WINDOW, facts.newest)
    late = (facts.newest - size + 1, facts.newest)
    pairs = facts.top_pairs(*late, PAIRS)
    if not pairs:
        return None
    return {
        "pairs": [
            {
                "first": pair[0],
                "second": pair[1],
                "early": facts.share_of_uses(pair, 1, size),
                "late": facts.share_of_uses(pair, *late),
            }
            for pair in pairs
        ],
    }


def _move(facts: Facts, state: State, recovery: Recovery) -> dict[str, Any]:
    """The move of the affordances: its state as in `core.definitions`, and the facts of that state."""
    told: dict[str, Any] = {"state": recovery.state, "at": recovery.moved_at, "lowest_at": recovery.lowest_at}
    if recovery.moved_at is None:
        return told
    moved = recovery.moved_at
    told["moved"] = facts.given(f"{moved:,}", "last episode before the move", "state", moved)
    told["before"] = facts.mean_survival(max(1, moved - WINDOW + 1), moved)
    if recovery.lowest_at is not None:
        told["lowest"] = facts.mean_survival(recovery.lowest_at - WINDOW + 1, recovery.lowest_at)
    if recovery.episodes is not None:
        told["took"] = facts.given(
            f"{recovery.episodes:,} episodes",
            "from the move to the recovery",
            "state",
            moved + recovery.episodes,
        )
    told["share"] = facts.given(
        f"{recovery.recovered_at:.0%}",
        "part of the survival before a move that counts as recovered",
        "state",
        moved,
    )
    if facts.newest > moved:
        told["cause"] = facts.top_cause(moved + 1, min(facts.newest, moved + WINDOW))
    told["stuck"] = _stuck(state)
    return told


def _stuck(state: State) -> str:
    """Where the agents were most of the time in the newest window: a cell, with what stands there."""
    visits = state.heatmap.visits
    _, x, y = max((count, x, y) for y, row in enumerate(visits) for x, count in enumerate(row))
    here = next((place.name for place in state.layout if (place.x, place.y) == (x, y)), None)
    return f"at the {here}" if here is not None else "on a cell where nothing stands"


def _failures(connection: apsw.Connection, facts: Facts) -> list[Failure]:
    """The newest behaviour of each kind that was chosen and not drawn, the most telling kinds first."""
    rows: list[Any] = connection.execute(
        "SELECT kind, title, evidence, step, max(episode), count(*) FROM behaviours WHERE beginner = 0"
        " GROUP BY kind"
    ).fetchall()
    rows.sort(key=lambda row: (TELLING.index(row[0]) if row[0] in TELLING else len(TELLING), row[0]))
    return [
        Failure(
            kind=kind,
            title=title,
            evidence=facts.given(
                evidence,
                f"what the rule {kind} compared in episode {episode:,}",
                f"SELECT evidence FROM behaviours WHERE episode = {episode} AND kind = '{kind}'",
                episode,
            ),
            count=facts.given(
                f"{count:,}",
                f"behaviours of the kind {kind}; of every hundred episodes the first one is kept",
                f"SELECT count(*) FROM behaviours WHERE kind = '{kind}' AND beginner = 0",
                episode,
                count,
            ),
            episode=episode,
            step=step,
        )
        for kind, title, evidence, step, episode, count in rows[:FAILURES]
    ]
