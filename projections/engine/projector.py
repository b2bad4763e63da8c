"""What a projector is: a name, a version, the tables of one read model, and a handler for each event type.

A file of `projections.readmodels` holds one projector with everything that readers get from its tables. An
object of the class is used for ONE batch of events and then thrown away, so whatever must be remembered has
to be in the tables: how the log was cut into batches cannot show in the result. `projections.engine.engine`
feeds the projectors.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import apsw
import msgspec

from core.events import Event
from projections.engine.dataset import Dataset, Row
from projections.engine.route import Route

AnyHandler = TypeVar("AnyHandler", bound=Callable[..., None])


class EventMetadata(msgspec.Struct, frozen=True):
    """Where and when an event was recorded: position, Unix seconds, the trainer's attempt (from 1)."""

    position: int
    recorded_at: float
    attempt: int


class Tables:
    """All that a handler gets to act on: the tables of its own projector, to read and to write.

    The connection's authorizer (`projections.engine.store`) permits the projector's own tables, no PRAGMA, no
    ATTACH, and no function that reads a clock or draws a random number.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._waiting: dict[str, list[Row]] = {}

    def add(self, statement: str, row: Row) -> None:
        """Run an INSERT later, with others of the same text, before anything else is read or changed."""
        self._waiting.setdefault(statement, []).append(row)

    def change(self, statement: str, parameters: Row = ()) -> None:
        """Run an INSERT, UPDATE or DELETE now."""
        self.flush()
        self._connection.execute(statement, parameters).fetchall()

    def change_all(self, statement: str, rows: Sequence[Row]) -> None:
        """Run a statement now, once for each row."""
        self.flush()
        self._connection.executemany(statement, rows)

    def rows(self, query: str, parameters: Row = ()) -> list[Row]:
        """All rows of a SELECT, after what has been added so far."""
        self.flush()
        return self._connection.execute(query, parameters).fetchall()

    def row(self, query: str, parameters: Row = ()) -> Row | None:
        """The first row of a SELECT, or None."""
        rows = self.rows(query, parameters)
        return rows[0] if rows else None

    def flush(self) -> None:
        """Run what was added."""
        if self._waiting:
            waiting, self._waiting = self._waiting, {}
            for statement, rows in waiting.items():
                self._connection.executemany(statement, rows)


class Part(msgspec.Struct, frozen=True):
    """A part of the state: `query(connection, episode)` gives it as of the end of an episode."""

    name: str
    query: Callable[[apsw.Connection, int], Any]


class Projector:
    """Base of all projectors; see the module's docstring.

    `version` goes up whenever tables or handlers change their meaning; the read model is then rebuilt at the
    next start. `tables_owned` names the tables that `ddl` creates. Handlers are methods marked with
    `handles`.

    What readers get: `datasets` are tables for `projections export`, `routes` are addresses of the server's
    API, and `as_of` are parts of the state as of the end of an episode, for `projections at`.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    tables_owned: ClassVar[tuple[str, ...]]
    ddl: ClassVar[str]
    datasets: ClassVar[tuple[Dataset, ...]] = ()
    routes: ClassVar[tuple[Route, ...]] = ()
    as_of: ClassVar[tuple[Part, ...]] = ()
    handlers: ClassVar[dict[type[Event], str]] = {}

    def __init__(self, tables: Tables) -> None:
        """Begin a batch. Anything kept on `self` is forgotten after it."""
        self.tables = tables

    def __init_subclass__(cls) -> None:
        marked = ((name, getattr(value, "handled_event", None)) for name, value in vars(cls).items())
        cls.handlers = {event_type: name for name, event_type in marked if event_type is not None}

    def finish(self) -> None:
        """End a batch: write what the handlers kept back."""


def handles(event_type: type[Event]) -> Callable[[AnyHandler], AnyHandler]:
    """Mark a method `(self, event, metadata)` of a projector as the handler of an event type."""

    def mark(handler: AnyHandler) -> AnyHandler:
        handler.handled_event = event_type  # type: ignore[attr-defined]
        return handler

    return mark
