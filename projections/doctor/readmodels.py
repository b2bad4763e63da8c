"""The read models: sound pages, projectors that go on, and contents that follow from the log."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import apsw
import msgspec
import numpy as np

from core.codec import decode
from core.errors import StoreError
from core.events import AffordancesUsed, AnyEvent, CellsVisited, EpisodeFinished
from core.log import LogReader
from core.packing import DamagedError, unpack_cells
from core.process.sqlite import open_reader
from core.process.whole_file import close_reader
from projections.doctor.findings import Finding, integrity, ok, problem, wal_size, warning
from projections.doctor.log import RESTORE
from projections.engine.projector import Projector
from projections.engine.status import projectors_behind
from projections.readmodels.episodes import Metrics, read_metrics

SAMPLE = 100
LAG_WARNING = 10_000
REBUILD = "`projections rebuild`"


def examine_read_model(
    path: Path, log: LogReader, projectors: Sequence[type[Projector]], quick: bool
) -> Iterator[Finding]:
    """Check the read-model file."""
    if not path.exists():
        # nothing is lost: a new run and a backup have none
        yield ok("read models", f"{path}: not there yet; `projections run` makes it from the log")
        return
    try:
        connection = open_reader(path)
    except StoreError as error:
        yield problem("read models", str(error), REBUILD)
        return
    try:
        yield (pages := integrity("read model pages", connection, quick, REBUILD))
        if pages.level == "problem":
            return
        # one moment of the file, or a running projector would change it between two questions
        connection.execute("BEGIN")
        yield from _projectors(connection, log, projectors)
        yield _sample(connection, log)
        connection.execute("COMMIT")
    except apsw.Error as error:
        yield problem("read models", f"{path}: cannot be read ({error})", REBUILD)
    finally:
        close_reader(connection, path)
    yield wal_size("read model WAL", path)


def _projectors(
    connection: apsw.Connection, log: LogReader, projectors: Sequence[type[Projector]]
) -> Iterator[Finding]:
    head = log.head()
    found = {status.name: status for status in projectors_behind(connection, head)}
    sound = 0
    for projector in projectors:
        status, subject = found.get(projector.name), f"projector {projector.name}"
        if status is None or status.version != projector.version:
            has = "is not in the file" if status is None else f"has version {status.version}"
            yield problem(
                subject,
                f"{has}; this program knows version {projector.version}",
                "`projections run` rebuilds it when it starts",
            )
        elif status.poison is not None:
            yield problem(
                subject,
                f"stopped by the event at position {status.poison_position}: {status.poison}",
                f"look at that event; then `projections run --skip {status.poison_position}`,"
                f" or mend the projector and {REBUILD}",
            )
        elif status.position > head:
            yield problem(
                subject,
                f"stands at position {status.position}, the log ends at {head}: another log's, or this one"
                " lost events",
                f"restore the log if it lost events; else {REBUILD}",
            )
        elif head - status.position > LAG_WARNING:
            yield warning(subject, f"{head - status.position} events behind", "is `projections run` running?")
        else:
            sound += 1
    yield ok("projectors", f"{sound} of {len(projectors)} sound; the log ends at {head}")


def _sample(connection: apsw.Connection, log: LogReader) -> Finding:
    """Replay some episodes, evenly spread over the run, and compare what the tables say of them."""
    subject = "read model contents"
    newest = connection.execute("SELECT coalesce(max(episode_id), 0) FROM episode_details").get
    wanted = sorted({round(n) for n in np.linspace(1, newest, SAMPLE)} if newest else ())
    for episode in wanted:
        row = connection.execute("SELECT position FROM episode_details WHERE episode_id = ?", (episode,)).get
        if row is None:
            return problem(subject, f"episode {episode} of {newest} is missing", REBUILD)
        for event in _events_of(log, row, episode):
            try:
                table = _differs(connection, event)
            except DamagedError as error:
                return problem(subject, f"episode {episode}, in the log: {error}", RESTORE)
            if table is not None:
                said = f"{table}, episode {episode}: not what the event at or after position {row} says"
                return problem(subject, said, REBUILD)
    return ok(subject, f"{len(wanted)} of {newest} episodes replayed, all as in the log")


def _events_of(log: LogReader, position: int, episode: int) -> Iterator[AnyEvent]:
    """The events of an episode; they are appended together."""
    for recorded in log.read(position - 1, 4):
        # an event that cannot be decoded is reported with the log
        with contextlib.suppress(msgspec.MsgspecError, LookupError):
            event = decode(recorded)
            kinds = EpisodeFinished | CellsVisited | AffordancesUsed
            if isinstance(event, kinds) and event.episode == episode:
                yield event


def _differs(connection: apsw.Connection, event: AnyEvent) -> str | None:
    """The table that differs from the event, None if none does."""
    if isinstance(event, EpisodeFinished):
        metrics = read_metrics(connection, event.episode)
        compared = [name for name in Metrics.__struct_fields__ if hasattr(event, name)]
        same = metrics is not None and all(getattr(metrics, n) == getattr(event, n) for n in compared)
        return None if same else "episodes"
    if isinstance(event, CellsVisited):
        cells = connection.execute("SELECT width * height FROM heatmap_town").get or 0
        visits = np.bincount(unpack_cells(event.path), minlength=cells)
        expected: list[Any] = [(visits.astype("<u2").tobytes(), event.novelty)]
        found = connection.execute(
            "SELECT visits, novelty FROM heatmap_episodes WHERE episode_id = ?", (event.episode,)
        ).fetchall()
        return None if found == expected else "heatmap_episodes"
    if isinstance(event, AffordancesUsed):
        counted = Counter(pairwise(event.affordances))
        expected = sorted((source, target, count) for (source, target), count in counted.items())
        found = connection.execute(
            "SELECT from_affordance, to_affordance, visit_count FROM affordance_visits WHERE episode_id = ?"
            " ORDER BY 1, 2",
            (event.episode,),
        ).fetchall()
        return None if found == expected else "affordance_visits"
    return None
