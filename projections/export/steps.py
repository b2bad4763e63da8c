"""Every life step by step, unpacked into rows: one for the birth, one for each step."""

from collections.abc import Iterator
from typing import Any

import apsw
import msgspec

from core.events import WorldMap
from core.packing import METER_LEVELS, unpack_indices, unpack_meters
from projections.export.columns import Column

SELECT = """
    SELECT lives.episode_id, start_cell, path, actions, meters, affordances, steps
    FROM lives
    JOIN replay_paths USING (episode_id, attempt)
    LEFT JOIN replay_vitals USING (episode_id, attempt)
    LEFT JOIN replay_uses USING (episode_id, attempt)
    WHERE lives.episode_id <= ?
    ORDER BY lives.episode_id
"""


def step_columns(connection: apsw.Connection) -> tuple[Column, ...]:
    """The columns of this run: its town decides which meters there are."""
    return (
        Column("episode_id", "integer", "Number of the finished life, from 1"),
        Column("step", "integer", "0: before the first step; n: after step n"),
        Column("x", "integer", "Column of the cell, from the left, from 0"),
        Column("y", "integer", "Row of the cell, from the top, from 0"),
        Column("action", "text", "Action of this step; NULL at birth, or if the life was not traced"),
        Column("used", "text", "Affordance used in this step, or NULL"),
        *(
            Column(
                name, "real", f"Meter {name} after this step, 0 to 1 in steps of 1/255; NULL if not traced"
            )
            for name in _world(connection).meters
        ),
    )


def step_rows(connection: apsw.Connection, last: int) -> Iterator[tuple[Any, ...]]:
    """The steps of every life of the present lineage up to episode `last`."""
    world = _world(connection)
    untraced = (None,) * len(world.meters)
    for episode, start, path, actions, meters, affordances, steps in connection.execute(SELECT, (last,)):
        cells = [start, *unpack_indices(path).tolist()]
        did: list[str | None] = [None] * len(cells)
        levels: list[tuple[float | None, ...]] = [untraced] * len(cells)
        used: dict[int, str] = {}
        if actions is not None:
            did = [None, *(world.actions[action] for action in unpack_indices(actions).tolist())]
            levels = (unpack_meters(meters, len(world.meters)) / METER_LEVELS).tolist()
        if affordances is not None:
            names = msgspec.json.decode(affordances, type=list[str])
            used = dict(zip(msgspec.json.decode(steps, type=list[int]), names, strict=True))
        for step, cell in enumerate(cells):
            y, x = divmod(cell, world.width)
            yield (episode, step, x, y, did[step], used.get(step), *levels[step])


def _world(connection: apsw.Connection) -> WorldMap:
    text = connection.execute("SELECT world FROM run_facts").get
    if text is None:
        return WorldMap(
            width=1, height=1, meters=(), vital_meters=(), affordances=(), actions=(), max_steps=0
        )
    return msgspec.json.decode(text, type=WorldMap)
