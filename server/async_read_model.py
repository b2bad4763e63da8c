"""Asking the read models from an asynchronous program: in a thread, one question at a time per reader."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TypeVar

import apsw
from anyio import CapacityLimiter, to_thread

from core.errors import StoreError
from projections.engine.reader import ReadModel

Answer = TypeVar("Answer")


class NothingToReadError(StoreError):
    """There is no read model yet, or none at this moment."""


class Reading:
    """A read model with a connection of its own, for one part of the program."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._model = ReadModel(path)
        # a connection serves one thread at a time
        self._limiter = CapacityLimiter(1)

    async def ask(self, query: Callable[[apsw.Connection], Answer]) -> Answer:
        """What `query` makes of one consistent view of the read model.

        Errors name the file without its folder: they are told to every viewer.

        Raises:
            NothingToReadError: there is no read model at present.
            StoreError: it cannot be read.
        """
        try:
            return await to_thread.run_sync(self.ask_here, query, limiter=self._limiter)
        except StoreError as error:
            raise type(error)(str(error).replace(f"{self._path.parent}/", "")) from error

    async def stamp(self) -> Hashable:
        """Something that is another after every change of the read model, and cheap to ask for.

        Raises:
            NothingToReadError: there is no read model at present.
            StoreError: it cannot be read.
        """
        return await self.ask(_stamp)

    def ask_here(self, query: Callable[[apsw.Connection], Answer]) -> Answer:
        """As `ask`, in the calling thread."""
        with self._model.reading() as connection:
            if connection is None:
                raise NothingToReadError(f"{self._path}: no read model here yet; the projections make it")
            return query(connection)


def _stamp(connection: apsw.Connection) -> Hashable:
    # data_version counts from anew in a new connection, so the connection is part of the stamp
    return connection, connection.pragma("data_version")
