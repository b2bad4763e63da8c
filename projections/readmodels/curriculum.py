"""When the curriculum moved: the stage changes of the present lineage."""

import msgspec

from core.events import RunResumed, StageChanged
from projections.engine.projector import Moment, Projector, handles


class Curriculum(Projector):
    """Every stage change with the numbers that decided it."""

    name = "curriculum"
    version = 1
    tables_owned = ("stage_changes",)
    ddl = """
        -- `agent` is NULL when the whole population moved; decided_by as JSON {number: value}
        CREATE TABLE stage_changes (
            position INTEGER PRIMARY KEY,
            episode INTEGER NOT NULL,
            agent INTEGER,
            from_stage INTEGER NOT NULL,
            to_stage INTEGER NOT NULL,
            decided_by TEXT NOT NULL
        );
        CREATE INDEX idx_stage_changes_episode ON stage_changes(episode);
    """

    @handles(StageChanged)
    def changed(self, event: StageChanged, moment: Moment) -> None:
        self.tables.add(
            "INSERT INTO stage_changes VALUES (?, ?, ?, ?, ?, ?)",
            (
                moment.position,
                event.episode,
                event.agent,
                event.from_stage,
                event.to_stage,
                msgspec.json.encode(event.decided_by).decode(),
            ),
        )

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        self.tables.change("DELETE FROM stage_changes WHERE position > ?", (event.after_position,))
