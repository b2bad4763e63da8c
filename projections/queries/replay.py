"""One life, step by step."""

import apsw
import msgspec

from core.events import Placement, WorldMap
from core.packing import unpack_indices, unpack_meters
from projections.queries.moment import METRICS, metrics
from projections.views import Place, Replay, Use


def replay(connection: apsw.Connection, episode: int, attempt: int | None = None) -> Replay | None:
    """The life with that number, of the present lineage or of an earlier `attempt`; None if there is none."""
    row = connection.execute(
        f"SELECT {METRICS}, attempt FROM episodes JOIN lives USING (episode_id)"
        " WHERE episode_id = ? AND (? IS NULL OR attempt = ?)",
        (episode, attempt, attempt),
    ).fetchone()
    if row is None and attempt is not None:
        row = connection.execute(
            f"SELECT {METRICS}, attempt FROM superseded_episodes WHERE episode_id = ? AND attempt = ?",
            (episode, attempt),
        ).fetchone()
    if row is None:
        return None
    *columns, found_attempt = row
    key = (episode, found_attempt)
    walked = connection.execute(
        "SELECT position, start_cell, path FROM replay_paths WHERE episode_id = ? AND attempt = ?", key
    ).fetchone()
    if walked is None:
        return None
    position, start_cell, path = walked
    used = connection.execute(
        "SELECT affordances, steps FROM replay_uses WHERE episode_id = ? AND attempt = ?", key
    ).fetchone()
    traced = connection.execute(
        "SELECT actions, meters FROM replay_vitals WHERE episode_id = ? AND attempt = ?", key
    ).fetchone()
    placements = connection.execute(
        "SELECT placements FROM replay_layouts WHERE position <= ? ORDER BY position DESC LIMIT 1",
        (position,),
    ).get
    world = connection.execute("SELECT world FROM run_facts").get
    num_meters = len(msgspec.json.decode(world, type=WorldMap).meters) if world is not None else 0
    return Replay(
        metrics=metrics(tuple(columns)),
        attempt=found_attempt,
        layout=[
            Place(name=place.name, x=place.x, y=place.y)
            for place in msgspec.json.decode(placements or "[]", type=list[Placement])
        ],
        path=[start_cell, *unpack_indices(path).tolist()],
        actions=unpack_indices(traced[0]).tolist() if traced is not None else [],
        meters=unpack_meters(traced[1], num_meters).tolist() if traced is not None else [],
        uses=_uses(used),
    )


def _uses(used: tuple[str, str] | None) -> list[Use]:
    if used is None:
        return []
    affordances = msgspec.json.decode(used[0], type=list[str])
    steps = msgspec.json.decode(used[1], type=list[int])
    return [
        Use(step=step, affordance=affordance) for affordance, step in zip(affordances, steps, strict=True)
    ]
