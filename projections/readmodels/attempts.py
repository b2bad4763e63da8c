"""Which range of episodes each attempt of the trainer ran, what of it was kept, and why the attempt ended."""

from typing import Annotated

import apsw
import msgspec

from core.events import EpisodeFinished, RunResumed, RunStarted, RunStopped
from projections.engine.dataset import ATTEMPT, Column, table
from projections.engine.projector import EventMetadata, Projector, Tables, handles
from projections.engine.records import insert, read, values
from projections.engine.route import route

ENDED_AFTER = {"completed": "completed", "signal": "stopped", "error": "failed"}
"""Reason of `RunStopped` → how the attempt, and so the run, ended."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of the trainer: the episodes it ran, which of them were superseded, and why it ended.

    `ended` is running, superseded (a later attempt resumed from before its end), stopped, completed or
    failed. Times in Unix seconds; `ended_at` is when its newest episode ended, or when it stopped.
    `checkpoint` is the file it resumed from, None for the beginning.
    """

    attempt: int
    first_episode: int
    last_episode: int
    kept_until: int
    started_at: float
    ended_at: float
    ended: str
    checkpoint: str | None


class AttemptRow(Attempt, frozen=True, kw_only=True):
    """A row of `attempts`; `detail` is what the run said of its end."""

    detail: str


def read_attempts(connection: apsw.Connection) -> list[Attempt]:
    """Every attempt of the trainer, the first one first."""
    return read(connection, Attempt, "attempts ORDER BY attempt")


def read_newest_attempts(
    connection: apsw.Connection, limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200
) -> list[Attempt]:
    """The newest `limit` attempts of the trainer, the first of them first; they are numbered from 1."""
    newest = read(connection, Attempt, "attempts ORDER BY attempt DESC LIMIT ?", (limit,))
    return newest[::-1]


class Attempts(Projector):
    """One row per attempt."""

    name = "attempts"
    version = 1
    tables_owned = ("attempts",)
    ddl = """
        -- detail: what the trainer recorded about its end
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
    routes = (route("attempts", read_newest_attempts),)
    datasets = (
        table(
            "attempts",
            "the trainer's attempts: what each ran, what of it was kept, why it ended",
            (
                ATTEMPT,
                Column("first_episode", "integer", "First episode it ran"),
                Column("last_episode", "integer", "Last episode it ran"),
                Column("kept_until", "integer", "Last of its episodes that later attempts did not supersede"),
                Column("started_at", "real", "Unix seconds"),
                Column("ended_at", "real", "When its newest episode ended, or it stopped, Unix seconds"),
                Column("ended", "text", "running, superseded, stopped, completed, failed or diverged"),
                Column("checkpoint", "text", "File it resumed from; NULL: from the beginning"),
            ),
            source="attempts",
            until=None,
            order="attempt",
        ),
    )

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._newest: tuple[int, int, float, int] | None = None

    @handles(RunStarted)
    def started(self, event: RunStarted, metadata: EventMetadata) -> None:
        self._begin(metadata, 0, None)

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, metadata: EventMetadata) -> None:
        self._newest = (event.episode, event.episode, metadata.recorded_at, metadata.attempt)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        self._write_newest()
        self.tables.change(
            "UPDATE attempts SET kept_until = ? WHERE kept_until > ?",
            (event.after_episode, event.after_episode),
        )
        self.tables.change(
            "UPDATE attempts SET ended = 'superseded' WHERE ended = 'running' OR kept_until < last_episode"
        )
        self._begin(metadata, event.after_episode, event.checkpoint)

    @handles(RunStopped)
    def stopped(self, event: RunStopped, metadata: EventMetadata) -> None:
        self._write_newest()
        ended = ENDED_AFTER.get(event.reason, event.reason)
        self.tables.change(
            "UPDATE attempts SET ended = ?, detail = ?, ended_at = ? WHERE attempt = ?",
            (ended, event.detail, metadata.recorded_at, metadata.attempt),
        )

    def finish(self) -> None:
        self._write_newest()

    def _begin(self, metadata: EventMetadata, after: int, checkpoint: str | None) -> None:
        at = metadata.recorded_at
        row = AttemptRow(
            attempt=metadata.attempt,
            first_episode=after + 1,
            last_episode=after,
            kept_until=after,
            started_at=at,
            ended_at=at,
            ended="running",
            detail="",
            checkpoint=checkpoint,
        )
        self.tables.change(insert("attempts", AttemptRow), values(row))

    def _write_newest(self) -> None:
        if self._newest is not None:
            self.tables.change(
                "UPDATE attempts SET last_episode = ?, kept_until = ?, ended_at = ? WHERE attempt = ?",
                self._newest,
            )
            self._newest = None
