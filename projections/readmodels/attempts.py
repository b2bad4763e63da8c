"""Which stretches of episodes each attempt of the trainer ran, what of them was kept, and why it ended."""

from core.events import EpisodeFinished, RunResumed, RunStarted, RunStopped
from projections.engine.projector import Moment, Projector, Tables, handles

ENDED_AFTER = {"completed": "completed", "signal": "stopped", "error": "failed"}


class Attempts(Projector):
    """One row per attempt."""

    name = "attempts"
    version = 1
    tables_owned = ("attempts",)
    ddl = """
        -- ended_at: when its newest life ended, or it stopped; detail: what the trainer said about its end;
        -- checkpoint: what it went on from
        CREATE TABLE attempts (
            attempt INTEGER PRIMARY KEY,
            first_episode INTEGER NOT NULL,
            last_episode INTEGER NOT NULL,
            kept_until INTEGER NOT NULL,
            started_at REAL NOT NULL,
            ended_at REAL NOT NULL,
            ended TEXT NOT NULL,
            detail TEXT NOT NULL,
            checkpoint TEXT
        );
    """

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._newest: tuple[int, int, float, int] | None = None

    @handles(RunStarted)
    def started(self, event: RunStarted, moment: Moment) -> None:
        self._begin(moment, 0, None)

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, moment: Moment) -> None:
        self._newest = (event.episode, event.episode, moment.recorded_at, moment.attempt)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        self._write_newest()
        self.tables.change(
            "UPDATE attempts SET kept_until = ? WHERE kept_until > ?",
            (event.after_episode, event.after_episode),
        )
        self.tables.change(
            "UPDATE attempts SET ended = 'superseded' WHERE ended = 'running' OR kept_until < last_episode"
        )
        self._begin(moment, event.after_episode, event.checkpoint)

    @handles(RunStopped)
    def stopped(self, event: RunStopped, moment: Moment) -> None:
        self._write_newest()
        self.tables.change(
            "UPDATE attempts SET ended = ?, detail = ?, ended_at = ? WHERE attempt = ?",
            (ENDED_AFTER.get(event.reason, event.reason), event.detail, moment.recorded_at, moment.attempt),
        )

    def finish(self) -> None:
        self._write_newest()

    def _begin(self, moment: Moment, after: int, checkpoint: str | None) -> None:
        self.tables.change(
            "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, 'running', '', ?)",
            (moment.attempt, after + 1, after, after, moment.recorded_at, moment.recorded_at, checkpoint),
        )

    def _write_newest(self) -> None:
        if self._newest is not None:
            self.tables.change(
                "UPDATE attempts SET last_episode = ?, kept_until = ?, ended_at = ? WHERE attempt = ?",
                self._newest,
            )
            self._newest = None
