"""Read model access for asynchronous code: each query runs in a thread, one at a time per connection."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TypeVar

import apsw
from anyio import CapacityLimiter, to_thread

from core.errors import StoreError
from projections.engine.reader import ReadModel

Result = TypeVar("Result")


class NoReadModelError(StoreError):
    """The file `demo_state.db` does not exist, or holds no tables yet."""


class AsyncReadModel:
    """A read model with its own read-only connection, for one part of the program."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._model = ReadModel(path)
        # a connection serves one thread at a time
        self._limiter = CapacityLimiter(1)

    async def query(self, function: Callable[[apsw.Connection], Result]) -> Result:
        """Run `function` on one consistent view of the read model and return its result.

        Error texts name the file without its folder, because every viewer can read them.

        Raises:
            NoReadModelError: there is no read model at present.
            StoreError: the read model cannot be read.
        """
        try:
            return await to_thread.run_sync(self.query_blocking, function, limiter=self._limiter)
        except StoreError as error:
            raise type(error)(str(error).replace(f"{self._path.parent}/", "")) from error

    async def change_stamp(self) -> Hashable:
        """A value that differs after every change of the read model; reading it costs no table access.

        Raises:
            NoReadModelError: there is no read model at present.
            StoreError: the read model cannot be read.
        """
        return await self.query(_change_stamp)

    def query_blocking(self, function: Callable[[apsw.Connection], Result]) -> Result:
        """As `query`, in the calling thread."""
        with self._model.snapshot() as connection:
            if connection is None:
                raise NoReadModelError(f"{self._path}: no read model here yet; the projections make it")
            return function(connection)

    def close(self) -> None:
        """Close the connection; the next query opens another."""
        self._model.close()


def _change_stamp(connection: apsw.Connection) -> Hashable:
    # a new connection counts data_version from the start, so the connection is part of the stamp
    return connection, connection.pragma("data_version")
