"""Where lives were spent and how novel each cell was: the seed's `position_heatmap`, and all of history.

A window of history is the difference of two sums from the beginning. Such a sum is read from the keyframe
before it and the few episodes after that (`projections.sums`). Sums are integers, novelty in units of 2^-24
(every float16 is a multiple of it), so differences are exact and do not depend on how they were added up.
"""

import numpy as np

from core.events import CellsVisited, RunResumed, RunStarted
from core.packing import unpack_indices
from projections.engine.projector import Moment, Projector, Tables, handles
from projections.sums import KEYFRAME_EVERY, as_fixed_point

WINDOW = 100
"""Episodes that `position_heatmap` keeps, as the seed asks."""


class Heatmap(Projector):
    """Visits and novelty per cell."""

    name = "heatmap"
    version = 1
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
        -- visits: uint16 [cells]; novelty: float16 [cells]; little-endian
        CREATE TABLE heatmap_episodes (
            episode_id INTEGER PRIMARY KEY,
            visits BLOB NOT NULL,
            novelty BLOB NOT NULL
        );
        -- sums over all episodes up to this one: int64 [2, cells], novelty in units of 2^-24
        CREATE TABLE heatmap_keyframes (
            episode_id INTEGER PRIMARY KEY,
            sums BLOB NOT NULL
        );
        CREATE TABLE heatmap_town (width INTEGER NOT NULL, height INTEGER NOT NULL);
    """

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._window: list[tuple[int, bytes, bytes]] = []

    @handles(RunStarted)
    def started(self, event: RunStarted, moment: Moment) -> None:
        self.tables.change("DELETE FROM heatmap_town")
        self.tables.change("INSERT INTO heatmap_town VALUES (?, ?)", (event.world.width, event.world.height))

    @handles(CellsVisited)
    def visited(self, event: CellsVisited, moment: Moment) -> None:
        cells = len(event.novelty) // 2
        visits = np.bincount(unpack_indices(event.path), minlength=cells).astype("<u2").tobytes()
        row = (event.episode, visits, event.novelty)
        self.tables.add("INSERT INTO heatmap_episodes VALUES (?, ?, ?)", row)
        self._window.append(row)
        if len(self._window) > 2 * WINDOW:
            del self._window[:-WINDOW]
        if event.episode % KEYFRAME_EVERY == 0:
            self._add_keyframe(event.episode, cells)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        beyond = (event.after_episode,)
        self.tables.change("DELETE FROM heatmap_episodes WHERE episode_id > ?", beyond)
        self.tables.change("DELETE FROM heatmap_keyframes WHERE episode_id > ?", beyond)
        # the rolling window lost its older episodes on the way; bring them back
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
        kept = self._window[-WINDOW:]
        self.tables.change(
            "DELETE FROM position_heatmap WHERE episode_id <= ?", (self._window[-1][0] - WINDOW,)
        )
        ((width, _),) = self.tables.rows("SELECT width, height FROM heatmap_town")
        for episode, visits, novelty in kept:
            counts = np.frombuffer(visits, "<u2").tolist()
            values = np.frombuffer(novelty, "<f2").astype(float).tolist()
            for cell, (count, value) in enumerate(zip(counts, values, strict=True)):
                self.tables.add(
                    "INSERT INTO position_heatmap VALUES (?, ?, ?, ?, ?)",
                    (episode, cell % width, cell // width, count, value),
                )

    def _add_keyframe(self, episode: int, cells: int) -> None:
        newest = self.tables.row(
            "SELECT episode_id, sums FROM heatmap_keyframes ORDER BY episode_id DESC LIMIT 1"
        )
        since, sums = 0, np.zeros((2, cells), np.int64)
        if newest is not None:
            since, sums = newest[0], np.frombuffer(newest[1], "<i8").reshape(2, cells)
        rows = self.tables.rows(
            "SELECT visits, novelty FROM heatmap_episodes WHERE episode_id > ? AND episode_id <= ?",
            (since, episode),
        )
        sums = sums + as_fixed_point(rows, cells)
        self.tables.change(
            "INSERT INTO heatmap_keyframes VALUES (?, ?)", (episode, sums.astype("<i8").tobytes())
        )
