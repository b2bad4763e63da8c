"""Every episode step by step, superseded ones too, so that any episode can be watched again.

Bytes stay as the events pack them (`core.packing`); the query functions unpack what is asked for.
"""

from collections.abc import Iterator
from typing import Any

import apsw
import msgspec

from core.events import (
    AffordancesRandomized,
    AffordancesUsed,
    CellsVisited,
    EpisodeTraced,
    Placement,
    RunResumed,
    RunStarted,
)
from core.packing import METER_LEVELS, unpack_cells, unpack_indices, unpack_meters
from projections.engine.dataset import EPISODE, Column, Dataset, Row
from projections.engine.projector import EventMetadata, Projector, handles
from projections.engine.records import read_one
from projections.engine.route import AttemptNumber, EpisodeNumber, route
from projections.readmodels.episodes import EPISODES_WITH_DETAILS, Metrics
from projections.readmodels.pairs import read_pair
from projections.readmodels.run import read_world


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """An affordance used at a step (from 1) of an episode."""

    step: int
    affordance: str


class EpisodeReplay(msgspec.Struct, frozen=True, kw_only=True):
    """One episode, step by step.

    `path` is the cell before the first step and after each, `[survival_time + 1]`, cell = y * width + x;
    `actions` `[survival_time]` and `meters` `[survival_time + 1][meters]`, in levels 0 to 255, are empty when
    the episode was not traced.
    """

    metrics: Metrics
    attempt: int
    layout: list[Placement]
    path: list[int]
    actions: list[int]
    meters: list[list[int]]
    uses: list[Use]


def read_replay(
    connection: apsw.Connection, episode: EpisodeNumber, attempt: AttemptNumber | None = None
) -> EpisodeReplay | None:
    """An episode of the present lineage, or of an earlier `attempt`; None if there is no such episode."""
    metrics, found_attempt = _metrics(connection, episode, attempt)
    if metrics is None:
        return None
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
        "SELECT actions, meters FROM replay_traces WHERE episode_id = ? AND attempt = ?", key
    ).fetchone()
    placements = connection.execute(
        "SELECT placements FROM replay_layouts WHERE position <= ? ORDER BY position DESC LIMIT 1",
        (position,),
    ).get
    world = read_world(connection)
    num_meters = len(world.meters) if world is not None else 0
    return EpisodeReplay(
        metrics=metrics,
        attempt=found_attempt,
        layout=msgspec.json.decode(placements or "[]", type=list[Placement]),
        path=[start_cell, *unpack_cells(path).tolist()],
        actions=unpack_indices(traced[0]).tolist() if traced is not None else [],
        meters=unpack_meters(traced[1], num_meters).tolist() if traced is not None else [],
        uses=[Use(step=step, affordance=affordance) for step, affordance in _uses(used)],
    )


def _metrics(
    connection: apsw.Connection, episode: int, attempt: int | None
) -> tuple[Metrics, int] | tuple[None, int]:
    """The metrics of an episode and the attempt that ran it, of the present lineage if `attempt` is None."""
    sources = [f"{EPISODES_WITH_DETAILS} WHERE episode_id = ? AND coalesce(?, attempt) = attempt"]
    if attempt is not None:
        sources.append("superseded_episodes WHERE episode_id = ? AND attempt = ?")
    for source in sources:
        metrics = read_one(connection, Metrics, source, (episode, attempt))
        if metrics is not None:
            found = connection.execute(f"SELECT attempt FROM {source}", (episode, attempt)).get
            return metrics, int(found)
    return None, 0


def _uses(used: tuple[str, str] | None) -> list[tuple[int, str]]:
    """(step, affordance) of every use."""
    if used is None:
        return []
    affordances = msgspec.json.decode(used[0], type=list[str])
    return list(zip(msgspec.json.decode(used[1], type=list[int]), affordances, strict=True))


def no_replay(episode: int, attempt: int | None = None) -> str:
    """Why there is no replay."""
    lineage = "the present lineage" if attempt is None else f"attempt {attempt}"
    return f"episode {episode} is not in {lineage}"


EVERY_REPLAY = """
    SELECT episode_id, start_cell, path, actions, meters, affordances, steps
    FROM episode_details
    JOIN replay_paths USING (episode_id, attempt)
    LEFT JOIN replay_traces USING (episode_id, attempt)
    LEFT JOIN replay_uses USING (episode_id, attempt)
    WHERE episode_id <= ?
    ORDER BY episode_id
"""


def _step_columns(connection: apsw.Connection) -> tuple[Column, ...]:
    """The columns of this run: its town decides which meters there are."""
    world = read_world(connection)
    return (
        EPISODE,
        Column("step", "integer", "0: before the first step; n: after step n"),
        Column("x", "integer", "Column of the cell, from the left, from 0"),
        Column("y", "integer", "Row of the cell, from the top, from 0"),
        Column("action", "text", "Action of this step; NULL at step 0, or if the episode was not traced"),
        Column("used", "text", "Affordance used in this step, or NULL"),
        *(
            Column(
                name, "real", f"Meter {name} after this step, 0 to 1 in steps of 1/255; NULL if not traced"
            )
            for name in (world.meters if world is not None else ())
        ),
    )


def _step_rows(connection: apsw.Connection, last: int) -> Iterator[Row]:
    """The steps of every episode of the present lineage up to episode `last`."""
    world = read_world(connection)
    if world is None:
        return
    untraced = (None,) * len(world.meters)
    for episode, start, path, actions, meters, *used in connection.execute(EVERY_REPLAY, (last,)):
        cells = [start, *unpack_cells(path).tolist()]
        did: list[str | None] = [None] * len(cells)
        levels: list[Any] = [untraced] * len(cells)
        if actions is not None:
            did = [None, *(world.actions[action] for action in unpack_indices(actions).tolist())]
            levels = (unpack_meters(meters, len(world.meters)) / METER_LEVELS).tolist()
        used_at = dict(_uses((used[0], used[1]) if used[0] is not None else None))
        for step, cell in enumerate(cells):
            y, x = divmod(cell, world.width)
            yield (episode, step, x, y, did[step], used_at.get(step), *levels[step])


class Replays(Projector):
    """Path, uses, actions and meters of every episode, by episode and attempt."""

    name = "replays"
    version = 2
    tables_owned = ("replay_paths", "replay_uses", "replay_traces", "replay_layouts")
    ddl = """
        CREATE TABLE replay_paths (
            episode_id INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            position INTEGER NOT NULL,
            start_cell INTEGER NOT NULL,
            path BLOB NOT NULL,
            PRIMARY KEY (episode_id, attempt)
        );
        -- affordances and steps as JSON arrays of the same length
        CREATE TABLE replay_uses (
            episode_id INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            affordances TEXT NOT NULL,
            steps TEXT NOT NULL,
            PRIMARY KEY (episode_id, attempt)
        );
        CREATE TABLE replay_traces (
            episode_id INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            actions BLOB NOT NULL,
            meters BLOB NOT NULL,
            PRIMARY KEY (episode_id, attempt)
        );
        -- the layout in force from a log position on, whatever was superseded later; JSON as in
        -- world.affordances
        CREATE TABLE replay_layouts (position INTEGER PRIMARY KEY, placements TEXT NOT NULL);
    """
    routes = (route("replay/{episode}", read_replay, missing=no_replay), route("pair", read_pair))
    datasets = (
        Dataset(
            name="replays",
            about="every episode step by step: cell, action, affordance used, meters",
            columns=_step_columns,
            rows=_step_rows,
        ),
    )

    @handles(CellsVisited)
    def visited(self, event: CellsVisited, metadata: EventMetadata) -> None:
        self.tables.add(
            "INSERT INTO replay_paths VALUES (?, ?, ?, ?, ?)",
            (event.episode, metadata.attempt, metadata.position, event.start_cell, event.path),
        )

    @handles(AffordancesUsed)
    def used(self, event: AffordancesUsed, metadata: EventMetadata) -> None:
        affordances, steps = (msgspec.json.encode(part).decode() for part in (event.affordances, event.steps))
        self.tables.add(
            "INSERT INTO replay_uses VALUES (?, ?, ?, ?)",
            (event.episode, metadata.attempt, affordances, steps),
        )

    @handles(EpisodeTraced)
    def traced(self, event: EpisodeTraced, metadata: EventMetadata) -> None:
        self.tables.add(
            "INSERT INTO replay_traces VALUES (?, ?, ?, ?)",
            (event.episode, metadata.attempt, event.actions, event.meters),
        )

    @handles(RunStarted)
    def started(self, event: RunStarted, metadata: EventMetadata) -> None:
        self._place(metadata, msgspec.json.encode(event.world.affordances).decode())

    @handles(AffordancesRandomized)
    def randomized(self, event: AffordancesRandomized, metadata: EventMetadata) -> None:
        self._place(metadata, msgspec.json.encode(event.new).decode())

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        back = self.tables.row(
            "SELECT placements FROM replay_layouts WHERE position <= ? ORDER BY position DESC LIMIT 1",
            (event.after_position,),
        )
        if back is not None:
            self._place(metadata, back[0])

    def _place(self, metadata: EventMetadata, placements: str) -> None:
        self.tables.change("INSERT INTO replay_layouts VALUES (?, ?)", (metadata.position, placements))
