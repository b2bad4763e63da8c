"""Feeds the log to the projectors, exactly once.

The rows of a batch and the position after the batch are committed in one transaction, and the position moves
by compare-and-swap: an engine that finds another position than it left (because a rebuilt file was swapped
in) changes nothing and reads the positions again. An event on which a handler raises stops that projector
alone. Processes, locks and signals are in `projections.engine.process`.
"""

import time
from collections.abc import Callable, Sequence

import apsw
import msgspec

from core.codec import Recorded, decode
from core.errors import StoreError
from core.events import AnyEvent, RunResumed, event_name
from core.log import LogReader
from projections.engine.projector import EventMetadata, Projector, Tables
from projections.engine.store import ProjectorState, Store, writing

PAGE = 4_000
"""Events per batch when catching up."""
LEAST_FOR_RATE = 200
"""A smaller batch is live work, and its rate says nothing about catching up."""

# Errors of the file, not of the event: no projector caused them, and trying again later may help.
ENVIRONMENT = (
    apsw.BusyError, apsw.FullError, apsw.IOError, apsw.CantOpenError, apsw.CorruptError, apsw.ReadOnlyError,
    apsw.NoMemError, apsw.InterruptError, apsw.NotADBError, MemoryError, KeyboardInterrupt,
)  # fmt: skip


class MovedError(Exception):
    """A projector is not where this engine left it; nothing was changed."""


class Undecodable(msgspec.Struct, frozen=True):
    """Takes the place of an event whose payload does not fit its type."""

    error: Exception


class Step(msgspec.Struct, frozen=True):
    """One event of a page; `name` is its present name, whatever the log calls it."""

    name: str
    metadata: EventMetadata
    event: AnyEvent | Undecodable


class Engine:
    """Drives a set of projectors over one log into one store."""

    def __init__(
        self,
        store: Store,
        log: LogReader,
        projectors: Sequence[type[Projector]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read the position of each projector; one that is not in the store is added at position 0."""
        self._store = store
        self._log = log
        self._clock = clock
        self._projectors = {projector.name: projector for projector in projectors}
        present = store.states()
        with writing(store.connection):
            for projector in projectors:
                if projector.name not in present:
                    store.add_projector(projector)
        self._states: dict[str, ProjectorState] = {}
        self._resumes: list[tuple[int, int]] = []
        first = log.read(0, 1)
        self._log_started_at = first[0].recorded_at if first else None
        self.read_positions()

    def read_positions(self) -> None:
        """Read the positions from the file and the attempts from the log.

        Raises:
            StoreError: a program with other read models has rebuilt the file.
        """
        states = self._store.states()
        for name, projector in self._projectors.items():
            if name not in states or states[name].version != projector.version:
                raise StoreError(
                    f"{self._store.path}: {name} was rebuilt by another version of this program; start again"
                )
        self._states = {name: states[name] for name in self._projectors}
        self._resumes = [
            (recorded.position, event.attempt)
            for recorded in self._log.milestones(RunResumed)
            if isinstance(event := _decoded(recorded), RunResumed)
        ]

    @property
    def position(self) -> int:
        """The least position of all projectors that are not stopped; the head of the log when all are."""
        going = [state.position for state in self._states.values() if state.poison is None]
        return min(going, default=self._log.head())

    @property
    def states(self) -> dict[str, ProjectorState]:
        """How far each projector is, as this engine left it."""
        return dict(self._states)

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
            MovedError: a position in the file is not the one this engine left; call `read_positions`.
        """
        started = time.perf_counter()
        if self._log_started_at is None:
            self._log_started_at = self._log.read(0, 1)[0].recorded_at
        steps = self._decode(events)
        moved = dict(self._states)
        with writing(self._store.connection):
            for name, projector in self._projectors.items():
                state = self._states[name]
                if state.poison is None and state.position < events[-1].position:
                    moved[name] = self._project_one(projector, state, steps, events[-1])
                    self._swap(name, state, moved[name])
            seconds = time.perf_counter() - started
            self._write_heartbeat(len(events) / seconds if len(events) >= LEAST_FOR_RATE else None)
        self._states = moved

    def commit_heartbeat(self) -> None:
        """Record that the projectors are alive and have found nothing new in the log."""
        with writing(self._store.connection):
            self._write_heartbeat(None, caught_up=True)

    def _decode(self, events: Sequence[Recorded]) -> list[Step]:
        """Decode once for all projectors, and only what some projector handles and has not seen."""
        needed_after: dict[str, int] = {}
        for name, projector in self._projectors.items():
            state = self._states[name]
            if state.poison is None:
                for event_type in projector.handlers:
                    kind = event_name(event_type)
                    needed_after[kind] = min(state.position, needed_after.get(kind, state.position))
        steps: list[Step] = []
        for recorded in events:
            attempt = 1
            if recorded.type == "run_resumed":
                event = _decoded(recorded)
                if isinstance(event, RunResumed) and (recorded.position, event.attempt) not in self._resumes:
                    self._resumes.append((recorded.position, event.attempt))
            name = recorded.event_name
            if recorded.position > needed_after.get(name, recorded.position):
                for position, number in reversed(self._resumes):
                    if position <= recorded.position:
                        attempt = number
                        break
                metadata = EventMetadata(recorded.position, recorded.recorded_at, attempt)
                steps.append(Step(name, metadata, _decoded(recorded)))
        return steps

    def _project_one(
        self, projector: type[Projector], state: ProjectorState, steps: Sequence[Step], last: Recorded
    ) -> ProjectorState:
        names = {event_name(event_type) for event_type in projector.handlers}
        after = state.position
        mine = [step for step in steps if step.name in names and step.metadata.position > after]
        arrived = msgspec.structs.replace(
            state,
            position=last.position,
            recorded_at=last.recorded_at,
            log_started_at=self._log_started_at,
        )
        try:
            self._apply(projector, mine)
        except ENVIRONMENT:
            raise
        except Exception:  # noqa: BLE001 - an event on which a handler raises any error is poison
            return self._up_to_poison(projector, state, mine) or arrived
        return arrived

    def _up_to_poison(
        self, projector: type[Projector], state: ProjectorState, steps: Sequence[Step]
    ) -> ProjectorState | None:
        """Apply events one by one up to the one that fails; the projector stops before it."""
        for step in steps:
            try:
                self._apply(projector, [step])
            except ENVIRONMENT:
                raise
            except Exception as error:  # noqa: BLE001
                return msgspec.structs.replace(
                    state,
                    position=step.metadata.position - 1,
                    recorded_at=step.metadata.recorded_at,
                    log_started_at=self._log_started_at,
                    poison=f"{type(error).__name__}: {error}",
                    poison_position=step.metadata.position,
                    poison_event=step.name,
                )
        return None

    def _apply(self, projector: type[Projector], steps: Sequence[Step]) -> None:
        connection = self._store.connection
        connection.execute("SAVEPOINT projector")
        try:
            with self._store.guard.only(projector.tables_owned):
                tables = Tables(connection)
                batch = projector(tables)
                handlers = {event: getattr(batch, name) for event, name in projector.handlers.items()}
                for step in steps:
                    if isinstance(step.event, Undecodable):
                        raise step.event.error
                    handlers[type(step.event)](step.event, step.metadata)
                batch.finish()
                tables.flush()
        except BaseException:
            # a full disk may have ended the whole transaction already
            if connection.in_transaction:
                connection.execute("ROLLBACK TO projector")
                connection.execute("RELEASE projector")
            raise
        connection.execute("RELEASE projector")

    def _swap(self, name: str, found: ProjectorState, wanted: ProjectorState) -> None:
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

    def _write_heartbeat(self, rate: float | None, caught_up: bool = False) -> None:
        now = self._clock()
        self._store.connection.executemany(
            "INSERT INTO projector_heartbeats (name, committed_at, caught_up_at, rate) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET committed_at = excluded.committed_at,"
            " caught_up_at = coalesce(excluded.caught_up_at, caught_up_at),"
            " rate = coalesce(excluded.rate, rate)",
            [
                (name, now, now if caught_up else None, rate)
                for name, state in self._states.items()
                if state.poison is None
            ],
        )


def _decoded(recorded: Recorded) -> AnyEvent | Undecodable:
    try:
        return decode(recorded)
    except (msgspec.MsgspecError, LookupError) as error:
        return Undecodable(error)
