"""The run as a whole: what was started, with which configuration, in which town."""

from typing import Any

import msgspec

from core.events import RunResumed, RunStarted
from projections.engine.projector import Moment, Projector, handles


class RunFacts(Projector):
    """One row: the run as it is configured now."""

    name = "run"
    version = 1
    tables_owned = ("run_facts",)
    ddl = """
        -- config and world as JSON; the world as it was at the start
        CREATE TABLE run_facts (
            seed INTEGER NOT NULL,
            config_name TEXT NOT NULL,
            num_episodes INTEGER NOT NULL,
            num_agents INTEGER NOT NULL,
            config TEXT NOT NULL,
            config_hash TEXT NOT NULL,
            world TEXT NOT NULL,
            started_at REAL NOT NULL
        );
    """

    @handles(RunStarted)
    def started(self, event: RunStarted, moment: Moment) -> None:
        self.tables.change("DELETE FROM run_facts")
        self.tables.change(
            "INSERT INTO run_facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event.seed,
                event.config_name,
                event.num_episodes,
                event.num_agents,
                msgspec.json.encode(event.config).decode(),
                event.config_hash,
                msgspec.json.encode(event.world).decode(),
                moment.recorded_at,
            ),
        )

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        row = self.tables.row("SELECT config FROM run_facts")
        if row is None:
            return
        config = msgspec.json.decode(row[0])
        for key, (_, new) in event.config_changes.items():
            config = _changed(config, key.split("."), new)
        self.tables.change(
            "UPDATE run_facts SET num_episodes = ?, config_hash = ?, config = ?",
            (event.num_episodes, event.config_hash, msgspec.json.encode(config).decode()),
        )


def _changed(config: dict[str, Any], keys: list[str], value: object) -> dict[str, Any]:
    first, *rest = keys
    return {**config, first: _changed(config.get(first, {}), rest, value) if rest else value}
