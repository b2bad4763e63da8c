"""Which checkpoints stand for the present lineage, with their sizes and digests."""

import apsw
import msgspec

from core.events import CheckpointSaved, RunBranched, RunResumed
from projections.engine.projector import EventMetadata, Part, Projector, handles
from projections.engine.records import insert, values


class CheckpointRow(msgspec.Struct, frozen=True):
    """A row of `checkpoints`."""

    position: int
    recorded_at: float
    stands_for: int
    episode: int
    name: str
    sha256: str
    bytes: int


def read_checkpoint(connection: apsw.Connection, episode: int) -> str | None:
    """The file name of the newest checkpoint as of the end of `episode`; None before the first one."""
    name: str | None = connection.execute(
        "SELECT name FROM checkpoints WHERE episode <= ? ORDER BY episode DESC, position DESC LIMIT 1",
        (episode,),
    ).get
    return name


class Checkpoints(Projector):
    """Every checkpoint that a resume may start from."""

    name = "checkpoints"
    version = 3
    tables_owned = ("checkpoints",)
    ddl = """
        -- `stands_for`: the log position up to which the checkpoint holds everything
        CREATE TABLE checkpoints (
            position INTEGER PRIMARY KEY,
            recorded_at REAL NOT NULL,
            stands_for INTEGER NOT NULL,
            episode INTEGER NOT NULL,
            name TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            bytes INTEGER NOT NULL
        );
        CREATE INDEX idx_checkpoints_episode ON checkpoints(episode);
    """
    as_of = (Part("checkpoint", read_checkpoint),)

    @handles(CheckpointSaved)
    def saved(self, event: CheckpointSaved, metadata: EventMetadata) -> None:
        self._add(event, metadata)

    @handles(RunBranched)
    def branched(self, event: RunBranched, metadata: EventMetadata) -> None:
        self._add(event.saved, metadata)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        # its own event comes after what it stands for, so `position` would lose the one resumed from
        self.tables.change("DELETE FROM checkpoints WHERE stands_for > ?", (event.after_position,))

    def _add(self, event: CheckpointSaved, metadata: EventMetadata) -> None:
        file = event.checkpoint
        row = CheckpointRow(
            metadata.position,
            metadata.recorded_at,
            event.position,
            event.episode,
            file.name,
            file.sha256,
            file.bytes,
        )
        self.tables.add(insert("checkpoints", CheckpointRow), values(row))
