"""Feeds the log to the projectors, exactly once.

The rows of a batch and the position after it are committed in one transaction, and the position moves by
compare-and-swap: whoever finds another position than it left there (because a rebuilt file was swapped in)
changes nothing and looks again. An event that a projector chokes on stops that projector alone. What the
projectors do is in `projections.readmodels`; processes, locks and signals are in
`projections.engine.process`.
"""

import threading
import time
from collections.abc import Callable, Sequence

import apsw
import msgspec

from core.errors import StoreError
from core.events import AnyEvent, RunResumed, event_name
from core.log import LogReader, Recorded, decode
from core.process.sqlite import is_unwritable
from projections.engine.projector import Moment, Projector, Tables
from projections.engine.store import Standing, Store, writing

PAGE = 4_000
"""Events per batch when catching up."""
LEAST_FOR_RATE = 200
"""A smaller batch is live work, and its rate says nothing about catching up."""

# The file's trouble, not the event's: no projector is to blame, and trying again later may help.
ENVIRONMENT = (
    apsw.BusyError, apsw.FullError, apsw.IOError, apsw.CantOpenError, apsw.CorruptError, apsw.ReadOnlyError,
    apsw.NoMemError, apsw.InterruptError, apsw.NotADBError, MemoryError, KeyboardInterrupt,
)  # fmt: skip


class MovedError(Exception):
    """A projector is not where this engine left it; nothing was changed."""


class Undecodable(msgspec.Struct, frozen=True):
    """Takes the place of an event whose payload does not fit its type."""

    error: Exception


Step = tuple[Moment, Recorded, AnyEvent | Undecodable]


class Engine:
    """Drives a set of projectors over one log into one store."""

    def __init__(
        self,
        store: Store,
        log: LogReader,
        projectors: Sequence[type[Projector]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Look up where each projector stands; one that is not in the store yet is added at position 0."""
        self._store = store
        self._log = log
        self._clock = clock
        self._projectors = {projector.name: projector for projector in projectors}
        present = store.standings()
        with writing(store.connection):
            for projector in projectors:
                if projector.name not in present:
                    store.add_projector(projector)
        self._standings: dict[str, Standing] = {}
        self._resumes: list[tuple[int, int]] = []
        first = log.read(0, 1)
        self._log_started_at = first[0].recorded_at if first else None
        self.look_again()

    def look_again(self) -> None:
        """Read the positions from the file and the attempts from the log.

        Raises:
            StoreError: a program with other read models has rebuilt the file.
        """
        standings = self._store.standings()
        for name, projector in self._projectors.items():
            if name not in standings or standings[name].version != projector.version:
                raise StoreError(
                    f"{self._store.path}: {name} was rebuilt by another version of this program; start again"
                )
        self._standings = {name: standings[name] for name in self._projectors}
        self._resumes = [
            (recorded.position, event.attempt)
            for recorded in self._log.milestones(RunResumed)
            if isinstance(event := _decoded(recorded), RunResumed)
        ]

    @property
    def position(self) -> int:
        """The least position of all projectors that are not stopped; the head of the log when all are."""
        going = [standing.position for standing in self._standings.values() if standing.poison is None]
        return min(going, default=self._log.head())

    @property
    def standings(self) -> dict[str, Standing]:
        """How far each projector is, as this engine left it."""
        return dict(self._standings)

    def catch_up(
        self, until: int | None = None, progress: Callable[[int], None] | None = None, page: int = PAGE
    ) -> int:
        """Project up to the end of the log, or up to position `until`; give the position reached."""
        while True:
            after = self.position
            events = self._log.read(after, page, until)
            if not events:
                return after
            self.project(events)
            if progress is not None:
                progress(events[-1].position)

    def project(self, events: Sequence[Recorded]) -> None:
        """Apply events, in order, to every projector that has not seen them yet, and move the positions.

        Raises:
            MovedError: a position in the file is not the one this engine left; call `look_again`.
        """
        started = time.perf_counter()
        if self._log_started_at is None:
            self._log_started_at = self._log.read(0, 1)[0].recorded_at
        steps = self._decode(events)
        moved = dict(self._standings)
        with writing(self._store.connection):
            for name, projector in self._projectors.items():
                standing = self._standings[name]
                if standing.poison is None and standing.position < events[-1].position:
                    moved[name] = self._project_one(projector, standing, steps, events[-1])
                    self._swap(name, standing, moved[name])
            seconds = time.perf_counter() - started
            self._beat(len(events) / seconds if len(events) >= LEAST_FOR_RATE else None)
        self._standings = moved

    def beat(self) -> None:
        """Say that the projectors are alive although nothing is new."""
        with writing(self._store.connection):
            self._beat(None)

    def _decode(self, events: Sequence[Recorded]) -> list[Step]:
        """Decode once for all projectors, and only what some projector handles and has not seen."""
        needed_after: dict[str, int] = {}
        for name, projector in self._projectors.items():
            standing = self._standings[name]
            if standing.poison is None:
                for event_type in projector.handlers:
                    kind = event_name(event_type)
                    needed_after[kind] = min(standing.position, needed_after.get(kind, standing.position))
        steps: list[Step] = []
        for recorded in events:
            attempt = 1
            if recorded.type == "run_resumed":
                event = _decoded(recorded)
                if isinstance(event, RunResumed) and (recorded.position, event.attempt) not in self._resumes:
                    self._resumes.append((recorded.position, event.attempt))
            if recorded.position > needed_after.get(recorded.event_name, recorded.position):
                for position, number in reversed(self._resumes):
                    if position <= recorded.position:
                        attempt = number
                        break
                moment = Moment(recorded.position, recorded.recorded_at, attempt)
                steps.append((moment, recorded, _decoded(recorded)))
        return steps

    def _project_one(
        self, projector: type[Projector], standing: Standing, steps: Sequence[Step], last: Recorded
    ) -> Standing:
        names = {event_name(event_type) for event_type in projector.handlers}
        mine = [
            step for step in steps if step[1].event_name in names and step[0].position > standing.position
        ]
        arrived = msgspec.structs.replace(
            standing,
            position=last.position,
            recorded_at=last.recorded_at,
            log_started_at=self._log_started_at,
        )
        try:
            self._apply(projector, mine)
        except ENVIRONMENT:
            raise
        except Exception:  # noqa: BLE001 - whatever a handler raises is what poison means
            return self._up_to_poison(projector, standing, mine) or arrived
        return arrived

    def _up_to_poison(
        self, projector: type[Projector], standing: Standing, steps: Sequence[Step]
    ) -> Standing | None:
        """Apply events one by one up to the one that fails; the projector stops before it."""
        for step in steps:
            moment, recorded, _ = step
            try:
                self._apply(projector, [step])
            except ENVIRONMENT:
                raise
            except Exception as error:  # noqa: BLE001
                return msgspec.structs.replace(
                    standing,
                    position=moment.position - 1,
                    recorded_at=moment.recorded_at,
                    log_started_at=self._log_started_at,
                    poison=f"{type(error).__name__}: {error}",
                    poison_position=moment.position,
                    poison_event=recorded.type,
                )
        return None

    def _apply(self, projector: type[Projector], steps: Sequence[Step]) -> None:
        connection = self._store.connection
        connection.execute("SAVEPOINT projector")
        try:
            with self._store.guard.only(projector.tables_owned):
                tables = Tables(connection)
                batch = projector(tables)
                for moment, _, event in steps:
                    if isinstance(event, Undecodable):
                        raise event.error
                    getattr(batch, projector.handlers[type(event)])(event, moment)
                batch.finish()
                tables.flush()
        except BaseException:
            # a full disk may have ended the whole transaction already
            if connection.in_transaction:
                connection.execute("ROLLBACK TO projector")
                connection.execute("RELEASE projector")
            raise
        connection.execute("RELEASE projector")

    def _swap(self, name: str, found: Standing, wanted: Standing) -> None:
        """Compare and swap: the position must be where we found it."""
        connection = self._store.connection
        connection.execute(
            "UPDATE projector_positions SET position = ?, recorded_at = ?, log_started_at = ?, poison = ?,"
            " poison_position = ?, poison_event = ?"
            " WHERE name = ? AND version = ? AND position = ? AND poison IS NULL",
            (
                wanted.position,
                wanted.recorded_at,
                wanted.log_started_at,
                wanted.poison,
                wanted.poison_position,
                wanted.poison_event,
                name,
                found.version,
                found.position,
            ),
        )
        if connection.changes() != 1:
            raise MovedError(f"{name} is no longer at position {found.position}")

    def _beat(self, rate: float | None) -> None:
        now = self._clock()
        self._store.connection.executemany(
            "INSERT INTO projector_pulse (name, committed_at, rate) VALUES (?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET committed_at = excluded.committed_at,"
            " rate = coalesce(excluded.rate, rate)",
            [(name, now, rate) for name, standing in self._standings.items() if standing.poison is None],
        )


HEARTBEAT_SECONDS = 2.0
RETRY_SECONDS = 0.5


def follow(
    engine: Engine,
    log: LogReader,
    stop: threading.Event,
    still_ours: Callable[[], bool],
    tell: Callable[[Exception | None], None],
) -> None:
    """Keep the projectors at the end of the log until `stop` is set or `still_ours` says no.

    A disk that is full or fails is waited out; `tell` gets the error each time, and None while all is well.
    """
    beaten = 0.0
    while not stop.is_set():
        try:
            for page in log.follow(engine.position, stop, PAGE):
                if not still_ours():
                    return
                if page.events:
                    engine.project(page.events)
                    tell(None)
                elif time.monotonic() - beaten > HEARTBEAT_SECONDS:
                    engine.beat()
                    tell(None)
                    beaten = time.monotonic()
        except MovedError:
            engine.look_again()
        except apsw.BusyError:
            # a rebuilt file is being copied in; the batch was rolled back and comes again
            stop.wait(RETRY_SECONDS)
        except (apsw.FullError, apsw.IOError) as error:
            if not is_unwritable(error):
                raise
            tell(error)
            stop.wait(RETRY_SECONDS)


def _decoded(recorded: Recorded) -> AnyEvent | Undecodable:
    try:
        return decode(recorded)
    except (msgspec.MsgspecError, LookupError) as error:
        return Undecodable(error)
