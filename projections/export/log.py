"""The raw log as rows, superseded attempts included. Only the command line uses it: the server may not."""

from collections.abc import Iterator
from typing import Any

import apsw

from core.codec import decode
from core.events import RunBranched, RunStarted
from core.log import LogReader
from projections.engine.dataset import Column
from projections.export.metadata import RunName

ABOUT = "the raw log, event by event, superseded attempts included"
PAGE = 2_000

COLUMNS = (
    Column("position", "integer", "Order in which things happened, from 1"),
    Column("recorded_at", "real", "When it was committed, Unix seconds"),
    Column("type", "text", "Name of the event; docs/events.md explains each"),
    Column("version", "integer", "Version of the event's payload"),
    Column("payload", "json", "The event; packed fields are base64"),
    Column("digest", "text", "Names all events up to this one, hexadecimal; NULL in logs of schema 1"),
)


def branch_point(log: LogReader) -> RunBranched | None:
    """The event that makes this log a branch's; None if the run is no branch."""
    for recorded in reversed(log.milestones(RunBranched)):
        event = decode(recorded)
        if isinstance(event, RunBranched):
            return event
    return None


def run_name(log: LogReader) -> RunName | None:
    """The name of the run whose log this is; None before it started."""
    branched = branch_point(log)
    started = [decode(recorded) for recorded in log.milestones(RunStarted)[:1]]
    for event in started:
        if isinstance(event, RunStarted):
            run_id = branched.run_id if branched is not None else event.run_id
            return RunName(run_id=run_id, config_name=event.config_name, seed=event.seed)
    return None


def event_rows(log: LogReader, until: int | None = None) -> Iterator[tuple[Any, ...]]:
    """Every event up to position `until`."""
    after = 0
    while page := log.read(after, PAGE, until):
        digests = log.digests(after, page[-1].position)
        for recorded in page:
            yield (
                recorded.position,
                recorded.recorded_at,
                recorded.type,
                recorded.version,
                recorded.payload,
                digests.get(recorded.position),
            )
        after = page[-1].position


def end_of_episode(connection: apsw.Connection, log: LogReader, episode: int) -> int:
    """The last log position before the episode after `episode` of the present lineage ended."""
    found = connection.execute("SELECT position FROM episode_details WHERE episode_id = ?", (episode,)).get
    after = int(found or 0)
    while page := log.read(after, PAGE):
        for recorded in page:
            if recorded.type == "episode_finished":
                return recorded.position - 1
            after = recorded.position
    return after
