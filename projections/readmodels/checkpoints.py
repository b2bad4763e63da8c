"""Which checkpoints stand for the present lineage, with their sizes and digests."""

from core.events import CheckpointSaved, RunResumed
from projections.engine.projector import Moment, Projector, handles


class Checkpoints(Projector):
    """Every checkpoint that a resume may start from."""

    name = "checkpoints"
    version = 1
    tables_owned = ("checkpoints",)
    ddl = """
        -- `stands_for`: the log position up to which the checkpoint holds everything
        CREATE TABLE checkpoints (
            position INTEGER PRIMARY KEY,
            stands_for INTEGER NOT NULL,
            episode INTEGER NOT NULL,
            name TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            bytes INTEGER NOT NULL
        );
        CREATE INDEX idx_checkpoints_episode ON checkpoints(episode);
    """

    @handles(CheckpointSaved)
    def saved(self, event: CheckpointSaved, moment: Moment) -> None:
        file = event.checkpoint
        self.tables.add(
            "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?)",
            (moment.position, event.position, event.episode, file.name, file.sha256, file.bytes),
        )

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        # its own event comes after what it stands for, so `position` would lose the one resumed from
        self.tables.change("DELETE FROM checkpoints WHERE stands_for > ?", (event.after_position,))
