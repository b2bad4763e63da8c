"""Replicas: whole copies of `demo_state.db` for further servers, replaced every few seconds.

A replica is one file that never changes, so a server beside it reads it without any lock, on any file system.
The next one takes its place by a rename. A replica never goes back: an older state of the run is not copied
over a newer one.
"""

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import apsw
import msgspec

from core.archives import refuse_archive
from core.errors import ConfigError, StoreError
from core.process.files import sync_directory, sync_file
from core.process.lock import exclusive
from core.process.signals import ShutdownSignal
from core.process.sqlite import open_reader, why
from core.process.whole_file import close_reader
from core.run_directory import READ_MODEL_NAME

__all__ = ["Folder", "Live", "only_replicator", "place_of", "replicate"]

logger = logging.getLogger(__name__)


class Moment(msgspec.Struct, frozen=True):
    """Which run a read model shows, and the position of the log that it stands at."""

    run_id: str | None
    position: int


class Place(Protocol):
    """Where replicas go, or where one comes from: a directory, or a URL."""

    def receive(self, copy: Path) -> None:
        """Take over a copy under another name."""

    def show(self) -> None:
        """Put the copy taken over in the place of the one before."""

    def moment(self) -> Moment | None:
        """What is there now; None if nothing is."""

    @property
    def name(self) -> str:
        """What errors call the place."""


class Source(Protocol):
    """Where the newest read model is."""

    def stamp(self) -> object:
        """Something that differs whenever the read model does; None while there is none."""

    def copy_to(self, copy: Path) -> None:
        """Make a whole copy that never changes."""

    @property
    def name(self) -> str:
        """What errors call the source."""


def replicate(
    source: Source, places: Sequence[Place], folder: Path, every: float, stop: ShutdownSignal, once: bool
) -> None:
    """Copy the read model to all places whenever it has changed, every `every` seconds at most.

    The copy is made in `folder`, then given to all places, and then shown in all of them in one go, so that
    the servers that read them differ by milliseconds. With `once` it ends after the first copy.

    Raises:
        StoreError: a place holds another run; with `once` also whatever else goes wrong.
    """
    seen: object = None
    problem = ""
    while not stop.requested:
        try:
            stamp = source.stamp()
            if stamp is not None and stamp != seen:
                position = _copy(source, places, folder)
                if seen is None or problem:
                    logger.info("%s: replicated up to position %d", source.name, position)
                seen, problem = stamp, ""
            elif stamp is None and once:
                raise StoreError(f"{source.name}: no such read model; `projections run` makes it")
        except (OSError, apsw.Error) as error:
            found = f"{source.name}: cannot be replicated now ({why(error)}); trying again"
            if once:
                raise StoreError(found.removesuffix("; trying again")) from error
            if found != problem:
                logger.warning("%s", found)
            problem = found
        if once:
            return
        stop.wait(every)


def place_of(target: str) -> "Folder | Remote":
    """The place that an option names: a directory, or a URL of `fsspec` such as s3://bucket/run.

    Raises:
        ConfigError: there is no driver for such URLs, or the path is that of an archive.
    """
    scheme, separator, rest = target.partition("://")
    if not separator:
        refuse_archive(Path(target))
        return Folder(Path(target))
    if scheme == "file":
        return Folder(Path(rest))
    import fsspec

    try:
        filesystem, path = fsspec.core.url_to_fs(target, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"{target}: cannot be used ({error}); for s3:// install s3fs") from error
    return Remote(filesystem, path.rstrip("/"), target)


class Live:
    """The read model of a run directory, which the projections keep at the end of the log."""

    def __init__(self, read_model: Path) -> None:
        self.name = str(read_model)
        self._path = read_model

    def stamp(self) -> object:
        """Times and sizes of the database and of its `-wal`."""
        found = []
        for path in (self._path, self._path.with_name(self._path.name + "-wal")):
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                found.append((path.name, status.st_mtime_ns, status.st_size))
        return found if self._path.exists() else None

    def copy_to(self, copy: Path) -> None:
        """Copy in one step, within one read transaction; the copy is a database without a `-wal`."""
        reader = open_reader(self._path)
        try:
            connection = apsw.Connection(str(copy))
            try:
                with connection.backup("main", reader, "main") as backup:
                    backup.step(-1)
                connection.pragma("journal_mode", "delete")
            finally:
                connection.close()
        finally:
            close_reader(reader, self._path)


class Folder:
    """A directory on this machine, the run directory of another server."""

    def __init__(self, folder: Path) -> None:
        self.read_model = folder / READ_MODEL_NAME
        self.name = str(self.read_model)
        self._unfinished = folder / f".{READ_MODEL_NAME}.unfinished-{os.getpid()}"

    def receive(self, copy: Path) -> None:
        """Copy the file beside the replica that is there."""
        self._unfinished.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, self._unfinished)
        sync_file(self._unfinished)

    def show(self) -> None:
        """Rename the copy over the replica that is there."""
        self._unfinished.replace(self.read_model)
        sync_directory(self.read_model.parent)

    def moment(self) -> Moment | None:
        """What the replica shows."""
        return _moment(self.read_model) if self.read_model.exists() else None


class Remote:
    """A place behind a URL; one object, replaced by one PUT, and a small one with its moment."""

    def __init__(self, filesystem: Any, path: str, url: str) -> None:
        self._filesystem = filesystem
        self._path = path
        self.name = url
        self._copy: Path | None = None

    def receive(self, copy: Path) -> None:
        """Keep the name of the copy: an upload is whole or not at all, so it needs no other name."""
        self._copy = copy

    def show(self) -> None:
        """Upload the copy, then its moment."""
        assert self._copy is not None
        moment = _moment(self._copy)
        self._filesystem.put_file(str(self._copy), f"{self._path}/{READ_MODEL_NAME}")
        self._filesystem.pipe_file(f"{self._path}/moment.json", msgspec.json.encode(moment))

    def stamp(self) -> object:
        """The moment of the object."""
        return self.moment()

    def copy_to(self, copy: Path) -> None:
        """Download the object."""
        self._filesystem.get_file(f"{self._path}/{READ_MODEL_NAME}", str(copy))

    def moment(self) -> Moment | None:
        """The moment of the object that was uploaded last."""
        with contextlib.suppress(FileNotFoundError):
            content = self._filesystem.cat_file(f"{self._path}/moment.json")
            return msgspec.json.decode(content, type=Moment)
        return None


@contextlib.contextmanager
def only_replicator(places: Sequence[Place]) -> Iterator[None]:
    """Hold the directories among the places: neither projections nor another replicator writes there.

    Raises:
        AlreadyRunningError: another process writes there.
    """
    with contextlib.ExitStack() as held:
        for place in places:
            if isinstance(place, Folder):
                held.enter_context(exclusive(place.read_model, "projections replicate"))
        yield


def _copy(source: Source, places: Sequence[Place], folder: Path) -> int:
    """One copy for all places; the position that it stands at."""
    copy = folder / f".{READ_MODEL_NAME}.replica-{os.getpid()}"
    try:
        copy.unlink(missing_ok=True)
        source.copy_to(copy)
        moment = _moment(copy)
        for place in places:
            _require_newer(place.moment(), moment, place)
            place.receive(copy)
        for place in places:
            place.show()
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    return moment.position


def _require_newer(known: Moment | None, new: Moment, place: Place) -> None:
    if known is None:
        return
    if known.run_id is not None and known.run_id != new.run_id:
        raise StoreError(
            f"{place.name}: holds the read model of another run; choose another place, or clear it"
        )
    if known.position > new.position:
        raise OSError(
            f"position {new.position} is older than {known.position}, which {place.name} shows already"
        )


def _moment(path: Path) -> Moment:
    connection = open_reader(path)
    try:
        position = connection.execute("SELECT coalesce(max(position), 0) FROM projector_positions").get
        run_id = connection.execute("SELECT run_id FROM run_facts").get
        return Moment(run_id, int(position))
    finally:
        connection.close()
