"""Datasets: tables for analysis that a read model offers, column by column with their meanings.

A read model declares `datasets = (table("records", …),)`. How rows become files is in `projections.export`.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

import apsw
import msgspec

Kind: TypeAlias = Literal["integer", "real", "text", "json"]
"""`json` is text that holds JSON; JSON Lines embed it as it is."""

Row: TypeAlias = tuple[Any, ...]

EVERYTHING = 2**62
"""The episode to cut at when nothing is to be cut."""


class Column(msgspec.Struct, frozen=True):
    """One column; any value may be NULL. The sentence `about` travels with the file."""

    name: str
    kind: Kind
    about: str


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """A table for analysis.

    `columns(connection)` are those of this run. `rows(connection, last)` are those up to the episode `last`;
    `by_episode` says whether the rows can be cut at an episode.
    """

    name: str
    about: str
    columns: Callable[[apsw.Connection], tuple[Column, ...]]
    rows: Callable[[apsw.Connection, int], Iterator[Row]]
    by_episode: bool = True


EPISODE = Column("episode_id", "integer", "Number of the finished episode, from 1")
POSITION = Column("position", "integer", "Position of the event in the log")
ATTEMPT = Column("attempt", "integer", "Attempt of the trainer, from 1")


def fixed(columns: tuple[Column, ...]) -> Callable[[apsw.Connection], tuple[Column, ...]]:
    """Columns that are the same for every run."""
    return lambda _connection: columns


def table(
    name: str, about: str, columns: tuple[Column, ...], *, source: str, order: str, until: str | None
) -> Dataset:
    """A dataset that selects its columns from the table `source`.

    `until` is the column that holds an episode, at which rows can be cut; None where there is none.
    """
    where = f" WHERE {until} <= ?" if until is not None else ""
    query = f"SELECT {', '.join(column.name for column in columns)} FROM {source}{where} ORDER BY {order}"

    def rows(connection: apsw.Connection, last: int) -> Iterator[Row]:
        return iter(connection.execute(query, (last,) if until is not None else ()))

    return Dataset(name=name, about=about, columns=fixed(columns), rows=rows, by_episode=until is not None)
