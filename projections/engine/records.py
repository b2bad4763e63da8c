"""SQL from structs: a struct's fields are the columns of a table or of a query, in the same order.

So a column is named in the struct and in the table's `ddl`, and never again by its place in a row.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import apsw
import msgspec

AnyRecord = TypeVar("AnyRecord", bound=msgspec.Struct)

Query: TypeAlias = Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]]
"""Runs a SELECT: `Tables.rows` in a handler, `rows_of(connection)` in a query function."""


def columns(record: type[msgspec.Struct]) -> str:
    """The names of the columns, separated by commas."""
    return ", ".join(record.__struct_fields__)


def insert(table: str, record: type[msgspec.Struct]) -> str:
    """The INSERT of a whole record; its parameters are `values(record)`."""
    places = ", ".join("?" * len(record.__struct_fields__))
    return f"INSERT INTO {table} ({columns(record)}) VALUES ({places})"


values = msgspec.structs.astuple
"""The parameters of `insert`."""


def read(
    connection: apsw.Connection, record: type[AnyRecord], source: str, parameters: tuple[Any, ...] = ()
) -> list[AnyRecord]:
    """Select records from `source`: a table, or a table with WHERE, ORDER BY and LIMIT."""
    rows = connection.execute(f"SELECT {columns(record)} FROM {source}", parameters)
    return [from_row(record, row) for row in rows]


def read_one(
    connection: apsw.Connection, record: type[AnyRecord], source: str, parameters: tuple[Any, ...] = ()
) -> AnyRecord | None:
    """The first record of `read`, or None."""
    row = connection.execute(f"SELECT {columns(record)} FROM {source} LIMIT 1", parameters).fetchone()
    return from_row(record, row) if row is not None else None


def from_row(record: type[AnyRecord], row: tuple[Any, ...]) -> AnyRecord:
    """The record whose columns are `row`."""
    return record(**dict(zip(record.__struct_fields__, row, strict=True)))


def rows_of(connection: apsw.Connection) -> Query:
    """A function that gives all rows of a SELECT on this connection."""

    def query(statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return connection.execute(statement, parameters).fetchall()

    return query
