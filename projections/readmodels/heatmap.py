"""Where episodes were spent and how novel each cell was: the specification's `position_heatmap`, and all of
history.

A window of history is the difference of two sums (`projections.keyframes`). Sums are integers, novelty in
units of 2^-24 (every float16 is a multiple of it), so differences are exact and do not depend on the order
of the additions.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import apsw
import msgspec
import numpy as np
import numpy.typing as npt

from core.definitions import WINDOW
from core.events import CellsVisited, RunResumed, RunStarted
from core.novelty_map import of_cells
from core.packing import unpack_cells
from projections.engine.dataset import EPISODE, Column, Dataset, Row, fixed
from projections.engine.projector import EventMetadata, Part, Projector, Tables, handles
from projections.engine.records import Query, rows_of
from projections.engine.route import EpisodeNumber, route
from projections.keyframes import Sums, keyframe, sum_up_to

NOVELTY_UNIT = 2.0**-24
"""The smallest step of a float16; novelty is summed in whole multiples of it, so that sums are exact."""

CellSums: TypeAlias = npt.NDArray[np.int64]
"""`[cells + values]`: visits of each cell in steps, then the novelty map's values (`core.novelty_map`) in
units of `NOVELTY_UNIT`."""


class Heatmap(msgspec.Struct, frozen=True, kw_only=True):
    """Means per episode over the episodes `first` to `last`, `[height][width]`, top row first.

    `visits` in steps per episode; `novelty` as the run measures it (`Run.novelty`), 0 where nothing was
    recorded, and an empty list in a run without it. In a town of more than 256 cells a block of cells
    shares one novelty.
    """

    first: int
    last: int
    visits: list[list[float]]
    novelty: list[list[float]]


class NoveltyFrames(msgspec.Struct, frozen=True, kw_only=True):
    """Novelty of every cell at the end of each of some episodes, `[frames][height][width]`, top row first."""

    episodes: list[int]
    novelty: list[list[list[float]]]


class NoveltyScale(msgspec.Struct, frozen=True, kw_only=True):
    """One scale for the colours of novelty through a whole run, logarithmic from `low` to `high`.

    `high` is the novelty of the most novel cell in the first `WINDOW` episodes; `low` is a thousandth of it.
    """

    low: float
    high: float


NOVELTY_DECADES = 1_000.0
"""`high` / `low` of a `NoveltyScale`."""


def fixed_point_sums(rows: Sequence[tuple[Any, ...]]) -> CellSums:
    """Sum rows of (visits as uint16 `[cells]`, novelty as float16 `[values]` or empty)."""
    if not rows:
        return NO_CELLS
    visits = np.frombuffer(b"".join(row[0] for row in rows), "<u2").reshape(len(rows), -1)
    if not any(row[1] for row in rows):
        steps = visits.sum(0, dtype=np.int64)
        return np.concatenate([steps, np.zeros_like(steps)])
    novelty = np.frombuffer(b"".join(row[1] for row in rows), "<f2").reshape(len(rows), -1)
    units = np.nan_to_num(novelty.astype(np.float64)) / NOVELTY_UNIT
    return np.concatenate([visits.sum(0, dtype=np.int64), units.astype(np.int64).sum(0)])


def _sums_of_episodes(query: Query, first: int, last: int) -> CellSums:
    return fixed_point_sums(
        query("SELECT visits, novelty FROM heatmap_episodes WHERE episode_id BETWEEN ? AND ?", (first, last))
    )


NO_CELLS: CellSums = np.zeros(1, np.int64)
CELL_SUMS = Sums(
    table="heatmap_keyframes",
    zero=NO_CELLS,
    of_episodes=_sums_of_episodes,
    add=np.add,
    pack=lambda sums: sums.astype("<i8").tobytes(),
    unpack=lambda packed: np.frombuffer(packed, "<i8"),
)


def read_heatmap(
    connection: apsw.Connection, first: EpisodeNumber | None = None, last: EpisodeNumber | None = None
) -> Heatmap:
    """Mean visits and novelty per cell over the episodes `first` to `last`; without them, the newest 100."""
    width, height = _size(connection)
    newest = connection.execute("SELECT max(episode_id) FROM heatmap_episodes").get or 0
    last = min(last, newest) if last is not None else newest
    first = max(1, min(first if first is not None else last - WINDOW + 1, last))
    query = rows_of(connection)
    sums = sum_up_to(CELL_SUMS, query, last) - sum_up_to(CELL_SUMS, query, first - 1)
    means = sums / max(1, last - first + 1)
    cells = width * height
    visits = np.broadcast_to(means[:cells], cells).reshape(height, width)
    novelty = (
        of_cells(means[cells:] * NOVELTY_UNIT, width, height).reshape(height, width)
        if _has_novelty(connection)
        else np.empty((0, 0))
    )
    return Heatmap(first=first, last=last, visits=visits.tolist(), novelty=novelty.tolist())


def read_novelty_scale(connection: apsw.Connection) -> NoveltyScale | None:
    """The scale for the colours of novelty; None before the first episode."""
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT novelty FROM heatmap_episodes WHERE episode_id <= ?", (WINDOW,)
    ).fetchall()
    novelty = np.frombuffer(b"".join(packed for (packed,) in rows), "<f2").astype(np.float64)
    high = float(np.nan_to_num(novelty).max(initial=0.0))
    return NoveltyScale(low=high / NOVELTY_DECADES, high=high) if high > 0.0 else None


def heatmap_as_of(connection: apsw.Connection, episode: int) -> Heatmap:
    """The heatmap of the last `WINDOW` episodes up to `episode`."""
    return read_heatmap(connection, None, episode)


def read_novelty_frames(connection: apsw.Connection, first: int, last: int) -> NoveltyFrames:
    """The novelty of every cell at the end of each episode from `first` to `last` that is there."""
    width, height = _size(connection)
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT episode_id, novelty FROM heatmap_episodes WHERE episode_id BETWEEN ? AND ?"
        " AND length(novelty) > 0 ORDER BY episode_id",
        (first, last),
    ).fetchall()
    return NoveltyFrames(
        episodes=[episode for episode, _ in rows],
        novelty=[
            of_cells(np.nan_to_num(np.frombuffer(packed, "<f2").astype(np.float64)), width, height)
            .reshape(height, width)
            .tolist()
            for _, packed in rows
        ],
    )


def _has_novelty(connection: apsw.Connection) -> bool:
    """Whether this run measures novelty: all its episodes do, or none."""
    return bool(connection.execute("SELECT length(novelty) > 0 FROM heatmap_episodes LIMIT 1").get or 0)


def _size(connection: apsw.Connection) -> tuple[int, int]:
    size = connection.execute("SELECT width, height FROM heatmap_town").fetchone()
    return size if size is not None else (1, 1)


def _cells(width: int, height: int, rows: Sequence[tuple[Any, ...]]) -> Iterator[Row]:
    """The rows of `position_heatmap` that rows of (episode, packed visits, packed novelty) stand for."""
    for episode, visits, novelty in rows:
        counts = np.frombuffer(visits, "<u2").tolist()
        levels = [math.nan] * len(counts)
        if novelty:
            levels = of_cells(np.frombuffer(novelty, "<f2").astype(float), width, height).tolist()
        for cell, (count, level) in enumerate(zip(counts, levels, strict=True)):
            # SQLite has no NaN
            yield episode, cell % width, cell // width, count, level if level == level else None


def _rolling_window(connection: apsw.Connection, last: int) -> Iterator[Row]:
    """The specification's rolling window as it was at the end of episode `last`."""
    newest = connection.execute("SELECT max(episode_id) FROM heatmap_episodes").get or 0
    last = min(last, newest)
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT episode_id, visits, novelty FROM heatmap_episodes WHERE episode_id BETWEEN ? AND ?"
        " ORDER BY episode_id",
        (last - WINDOW + 1, last),
    ).fetchall()
    return _cells(*_size(connection), rows)


class HeatmapProjector(Projector):
    """Visits and novelty per cell."""

    name = "heatmap"
    version = 2
    tables_owned = ("position_heatmap", "heatmap_episodes", "heatmap_keyframes", "heatmap_town")
    ddl = """
        CREATE TABLE position_heatmap (
            episode_id INTEGER NOT NULL,
            x INTEGER NOT NULL,
            y INTEGER NOT NULL,
            visit_count INTEGER NOT NULL,
            novelty_value REAL,
            FOREIGN KEY (episode_id) REFERENCES episodes(episode_id)
        );
        CREATE INDEX idx_heatmap_episode ON position_heatmap(episode_id);
        -- visits: uint16 [cells]; novelty: float16 [values], or empty without it; little-endian
        CREATE TABLE heatmap_episodes (
            episode_id INTEGER PRIMARY KEY,
            visits BLOB NOT NULL,
            novelty BLOB NOT NULL
        );
        -- sums over all episodes up to this one: int64 [cells + values], novelty in units of 2^-24
        CREATE TABLE heatmap_keyframes (
            episode_id INTEGER PRIMARY KEY,
            sums BLOB NOT NULL
        );
        CREATE TABLE heatmap_town (width INTEGER NOT NULL, height INTEGER NOT NULL);
    """
    routes = (route("heatmap", read_heatmap), route("novelty_scale", read_novelty_scale))
    as_of = (Part("heatmap", heatmap_as_of),)
    datasets = (
        Dataset(
            name="heatmap",
            about=f"visits and novelty of every cell, for the last {WINDOW} episodes",
            columns=fixed(
                (
                    EPISODE,
                    Column("x", "integer", "Column of the cell, from the left, from 0"),
                    Column("y", "integer", "Row of the cell, from the top, from 0"),
                    Column("visit_count", "integer", "Steps of that episode that ended in the cell"),
                    Column(
                        "novelty_value",
                        "real",
                        "Novelty of the cell, or of its block of cells in a town of more than 256, then;"
                        " NULL without",
                    ),
                )
            ),
            rows=_rolling_window,
        ),
    )

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._window: list[tuple[int, bytes, bytes]] = []
        self._cells: int | None = None

    @handles(RunStarted)
    def started(self, event: RunStarted, metadata: EventMetadata) -> None:
        self.tables.change("DELETE FROM heatmap_town")
        self.tables.change("INSERT INTO heatmap_town VALUES (?, ?)", (event.world.width, event.world.height))
        self._cells = event.world.width * event.world.height

    @handles(CellsVisited)
    def visited(self, event: CellsVisited, metadata: EventMetadata) -> None:
        if self._cells is None:
            ((self._cells,),) = self.tables.rows("SELECT width * height FROM heatmap_town")
        visits = np.bincount(unpack_cells(event.path), minlength=self._cells).astype("<u2").tobytes()
        row = (event.episode, visits, event.novelty)
        self.tables.add("INSERT INTO heatmap_episodes VALUES (?, ?, ?)", row)
        self._window.append(row)
        if len(self._window) > 2 * WINDOW:
            del self._window[:-WINDOW]
        if (due := keyframe(CELL_SUMS, self.tables.rows, event.episode)) is not None:
            self.tables.change(*due)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        beyond = (event.after_episode,)
        self.tables.change("DELETE FROM heatmap_episodes WHERE episode_id > ?", beyond)
        self.tables.change("DELETE FROM heatmap_keyframes WHERE episode_id > ?", beyond)
        # the rolling window has lost its older episodes meanwhile; read them again
        self.tables.change("DELETE FROM position_heatmap")
        self._window = [
            (int(episode), visits, novelty)
            for episode, visits, novelty in self.tables.rows(
                "SELECT episode_id, visits, novelty FROM heatmap_episodes WHERE episode_id > ?",
                (event.after_episode - WINDOW,),
            )
        ]

    def finish(self) -> None:
        if not self._window:
            return
        self.tables.change(
            "DELETE FROM position_heatmap WHERE episode_id <= ?", (self._window[-1][0] - WINDOW,)
        )
        ((width, height),) = self.tables.rows("SELECT width, height FROM heatmap_town")
        for row in _cells(width, height, self._window[-WINDOW:]):
            self.tables.add("INSERT INTO position_heatmap VALUES (?, ?, ?, ?, ?)", row)
