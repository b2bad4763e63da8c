"""Asking the read models from an asynchronous program: in a thread, one question at a time per reader."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TypeVar

import apsw
from anyio import CapacityLimiter, to_thread

from core.errors import StoreError
from projections.reader import ReadModel

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

        Raises:
            NothingToReadError: there is no read model at present.
            StoreError: it cannot be read.
        """
        return await to_thread.run_sync(self._ask, query, limiter=self._limiter)

    async def stamp(self) -> Hashable:
        """Something that is another after every change of the read model, and cheap to ask for.

        Raises:
            NothingToReadError: there is no read model at present.
            StoreError: it cannot be read.
        """
        return await to_thread.run_sync(self._stamp, limiter=self._limiter)

    def _ask(self, query):
        with self._model.reading() as connection:
            if connection is None:
                raise NothingToReadError(f"waiting for {self._path}: the projections have not made it yet")
            return query(connection)

    def _stamp(self):
        return self._ask(lambda c: 1)
