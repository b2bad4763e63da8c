"""When each success criterion was first met: the marks behind the scorecard, and the records of survival.

What the criteria are called and what they are compared with is in `projections.queries.scorecard`.
"""

from collections import deque

from core.events import AffordancesRandomized, EpisodeFinished, RunResumed
from projections.criteria import (
    RECORD_STEP,
    RECOVERED_AT,
    STAGE_TARGET,
    SURVIVAL_TARGET,
    WEIGHT_TARGET,
    WINDOW,
)
from projections.engine.projector import Moment, Projector, Tables, handles


class Scorecard(Projector):
    """Mean survival at every episode, and the first episode at which each criterion held."""

    name = "scorecard"
    version = 1
    tables_owned = ("survival_means", "scorecard_marks", "survival_records")
    ddl = """
        -- mean survival of the last up to 100 lives, in steps
        CREATE TABLE survival_means (
            episode_id INTEGER PRIMARY KEY,
            survival_time INTEGER NOT NULL,
            mean_survival REAL NOT NULL
        );
        -- value: the figure that was compared
        CREATE TABLE scorecard_marks (
            key TEXT PRIMARY KEY,
            position INTEGER NOT NULL,
            episode INTEGER NOT NULL,
            value REAL NOT NULL
        );
        CREATE TABLE survival_records (
            episode_id INTEGER PRIMARY KEY,
            position INTEGER NOT NULL,
            mean_survival REAL NOT NULL
        );
    """

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._recall()

    def _recall(self) -> None:
        rows = self.tables.rows(
            "SELECT survival_time FROM survival_means ORDER BY episode_id DESC LIMIT ?", (WINDOW,)
        )
        self._survivals = deque((int(row[0]) for row in reversed(rows)), maxlen=WINDOW)
        self._sum = sum(self._survivals)
        self._marks = {
            key: (episode, value)
            for key, episode, value in self.tables.rows("SELECT key, episode, value FROM scorecard_marks")
        }
        record = self.tables.row("SELECT max(mean_survival) FROM survival_records")
        self._record = float(record[0] or 0.0) if record is not None else 0.0

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, moment: Moment) -> None:
        if len(self._survivals) == WINDOW:
            self._sum -= self._survivals[0]
        self._survivals.append(event.survival_time)
        self._sum += event.survival_time
        mean = self._sum / len(self._survivals)
        self.tables.add(
            "INSERT INTO survival_means VALUES (?, ?, ?)", (event.episode, event.survival_time, mean)
        )
        self._mark_if("weight", event.intrinsic_weight < WEIGHT_TARGET, event, moment, event.intrinsic_weight)
        self._mark_if(
            "stage", event.curriculum_stage >= STAGE_TARGET, event, moment, float(event.curriculum_stage)
        )
        full = len(self._survivals) == WINDOW
        self._mark_if("survival", full and mean >= SURVIVAL_TARGET, event, moment, mean)
        if "moved" in self._marks:
            moved, before = self._marks["moved"]
            back = event.episode >= moved + WINDOW and mean >= RECOVERED_AT * before
            self._mark_if("recovered", back, event, moment, mean)
        if event.episode % WINDOW == 0 and mean >= RECORD_STEP * self._record:
            self._record = mean
            self.tables.add(
                "INSERT INTO survival_records VALUES (?, ?, ?)", (event.episode, moment.position, mean)
            )

    @handles(AffordancesRandomized)
    def randomized(self, event: AffordancesRandomized, moment: Moment) -> None:
        mean = self._sum / max(1, len(self._survivals))
        self._mark("moved", event.episode, moment, mean)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        self.tables.change("DELETE FROM survival_means WHERE episode_id > ?", (event.after_episode,))
        self.tables.change("DELETE FROM survival_records WHERE position > ?", (event.after_position,))
        self.tables.change("DELETE FROM scorecard_marks WHERE position > ?", (event.after_position,))
        self._recall()

    def _mark_if(self, key: str, holds: bool, event: EpisodeFinished, moment: Moment, value: float) -> None:
        if holds and key not in self._marks:
            self._mark(key, event.episode, moment, value)

    def _mark(self, key: str, episode: int, moment: Moment, value: float) -> None:
        self._marks[key] = (episode, value)
        self.tables.add(
            "INSERT INTO scorecard_marks VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            (key, moment.position, episode, value),
        )
