"""What the lectures are made of: the facts of the story and some more, the curves, the pictures, the town."""

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from core.definitions import WINDOW
from core.events import Placement
from projections.pack.lectures.curves import (
    Predicted,
    exploration_curve,
    habit_curve,
    move_curve,
    survival_curve,
)
from projections.pack.lectures.futures import Future, named
from projections.pack.lectures.game import town_of
from projections.pack.lectures.policy_picture import policy_picture
from projections.pack.story.facts import Fact, Facts
from projections.pack.story.material import material_of
from projections.pack.story.pictures import Curve, town_picture
from projections.readmodels.run import Run, read_configuration
from projections.state import read_state

HUNDREDTH = 100
LOW = 0.25
"""The level of the need that is low in the pictures of a policy."""
LATER = 5
"""Windows after the move from which the second policy is taken."""
MANY = 4096
"""More pairs than a town has."""
HALF = "SELECT min(episode_id) FROM episodes WHERE intrinsic_weight <="


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """`context`: the names that templates know. `pictures`: pairs of caption and SVG, by name."""

    context: dict[str, Any]
    curves: dict[str, Predicted]
    pictures: dict[str, list[tuple[str, str]]]
    town: dict[str, Any] | None


def gather(connection: apsw.Connection, futures: Sequence[Future]) -> Material:
    """Everything for the lectures of a run.

    Raises:
        StoreError: no episode has finished yet.
    """
    told = material_of(connection)
    run, newest = told["run"], told["newest"]
    facts = Facts(connection, newest)
    hundredth = min(HUNDREDTH, newest)
    lasted = {episode: _survival(facts, connection, episode) for episode in {1, hundredth, newest}}
    layout = _layout(connection, newest)
    pictures = _pictures(connection, run, told["move"]["at"], newest)
    beside = [(f"episode {episode:,}:", int(fact.value)) for episode, fact in sorted(lasted.items())]
    configuration = read_configuration(connection)
    habit = _habit(facts)
    context = {
        **told,
        "first": lasted[1],
        "hundredth": lasted[hundredth],
        "last": lasted[newest],
        "hundredth_number": facts.given(f"{hundredth:,}", "an early episode", "episodes", hundredth),
        "newest_number": facts.given(f"{newest:,}", "the newest episode", "episodes", newest),
        "window_number": facts.given(f"{min(WINDOW, newest)}", "episodes of a mean", "run", newest),
        "half": _half(facts, connection) if told["curiosity"] is not None else None,
        "places": run.affordances,
        "habit": habit,
        "causes": [*run.vital_meters],
        "low_word": _low_word(run),
        "has_policies": len(pictures.get("policies", [])) > 1,
        "has_futures": bool(futures),
    }
    return Material(
        context=context,
        curves=_curves(connection, told, habit, futures),
        pictures=pictures,
        town=town_of(configuration.config, run, layout, beside) if configuration is not None else None,
    )


def _survival(facts: Facts, connection: apsw.Connection, episode: int) -> Fact:
    query = f"SELECT survival_time FROM episodes WHERE episode_id = {episode}"
    steps = connection.execute(query).get
    fact = facts.given(f"{steps} steps", f"survival in episode {episode:,}", query, episode)
    return msgspec.structs.replace(fact, value=float(steps))


def _half(facts: Facts, connection: apsw.Connection) -> Fact | None:
    first = facts.column_at("intrinsic_weight", 1, "weight of curiosity")
    if first is None:
        return None
    query = f"{HALF} {first.value / 2!r}"
    episode = connection.execute(query).get
    if episode is None:
        return None
    return facts.given(f"{episode:,}", "first episode with half of the first weight", query, episode)


def _habit(facts: Facts) -> dict[str, Any] | None:
    """The two different places that followed each other most often in the last window."""
    size = min(WINDOW, facts.newest)
    late = (facts.newest - size + 1, facts.newest)
    pairs = facts.top_pairs(*late, MANY)
    pair = next((pair for pair in pairs if pair[0] != pair[1]), None)
    if pair is None:
        return None
    early, later = facts.share_of_uses(pair, 1, size), facts.share_of_uses(pair, *late)
    return {"first": pair[0], "second": pair[1], "early": early, "late": later}


def _layout(connection: apsw.Connection, episode: int) -> list[Placement]:
    state = read_state(connection, episode)
    return list(state.layout) if state is not None else []


def _low_word(run: Run) -> str:
    """What an agent is called whose first vital meter is low."""
    meter = run.vital_meters[0] if run.vital_meters else run.meters[0]
    return run.when_low.get(meter) or f"low in {meter}"


def _pictures(
    connection: apsw.Connection, run: Run, moved: int | None, newest: int
) -> dict[str, list[tuple[str, str]]]:
    """The town before and after the move; the policy of before it and a later one, both in the later town.

    Without a move: the policy of an early episode and of the newest.
    """
    needs = {(run.vital_meters or run.meters)[0]: LOW}
    if moved is None or moved >= newest:
        early, late, towns = min(newest, WINDOW), newest, []
    else:
        early, late = moved, min(newest, moved + LATER * WINDOW)
        towns = [
            (f"Episode {episode:,}", _town(connection, episode))
            for episode in (moved, late)
            if episode <= newest
        ]
    layout = _layout(connection, late)
    policies = []
    for episode in (early, late):
        caption = f"The network as of episode {episode:,}"
        picture = policy_picture(connection, episode, layout, needs, f"{caption}, {_low_word(run)}")
        if picture is not None:
            policies.append((caption, picture))
    return {"towns": towns, "policies": policies}


def _town(connection: apsw.Connection, episode: int) -> str:
    state = read_state(connection, episode)
    assert state is not None, "the episode has finished"
    return town_picture(state.heatmap, state.layout, f"The town after episode {episode:,}")


def _curves(
    connection: apsw.Connection,
    told: dict[str, Any],
    habit: dict[str, Any] | None,
    futures: Sequence[Future],
) -> dict[str, Predicted]:
    newest, limit, moved = told["newest"], told["run"].max_steps, told["move"]["at"]
    survival = survival_curve(connection, newest, limit, moved)
    found: dict[str, Predicted | None] = {
        "survival": survival,
        "exploration": exploration_curve(connection, newest, is_curious=told["curiosity"] is not None),
        "move": move_curve(connection, newest, limit, moved) if moved is not None else None,
    }
    if habit is not None:
        found["habit"] = habit_curve(connection, newest, (habit["first"], habit["second"]))
    if futures:
        found["futures"] = msgspec.structs.replace(
            survival,
            name="this run",
            title=f"Survival of this run and of {len(futures)} futures",
            last=max(newest, *(future.newest for future in futures)),
            more=[Curve(curve.name, curve.points) for curve in named(futures)],
        )
    return {name: curve for name, curve in found.items() if curve is not None}
