"""A run of a sweep in a store: every attempt trains on its own disk, and uploads after each checkpoint.

For the attempt of epoch 2 at the run NAME the store has

    NAME/0002.lease            created before the attempt begins, never changed
    NAME/0002.progress.json    the newest heartbeat
    NAME/0002.manifest.json    what the run consists of, written after all that it names
    NAME/0002/SHA256           a segment of the log, or a file of a checkpoint
    NAME/0002.log              what the attempt printed

An attempt writes under its own epoch only, and the manifest of the highest epoch counts. So an attempt that
was stopped and goes on can change nothing that a later attempt needs.
"""

import contextlib
import hashlib
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec

from core.codec import Encoded
from core.errors import AlreadyRunningError, StoreError
from core.log import EventLog, LogReader
from core.process.files import atomic_replace, atomic_write
from core.process.sqlite import why
from core.run_directory import RunDirectory
from producer.sweep.heartbeat import Beat
from producer.sweep.leases import attempt_log, new_lease
from producer.sweep.objects import Objects
from producer.sweep.progress import RunProgress

__all__ = ["Manifest", "StoredRun"]

TRIES = 3
"""How often a run is read again whose objects were replaced while they were read."""


class Manifest(msgspec.Struct, frozen=True):
    """A run at one moment: segments of its log in order, and files of its checkpoints by name, as sha256.

    `head` and `digest` are the position and the digest of the newest event.
    """

    epoch: int
    head: int
    digest: str
    progress: RunProgress
    segments: list[str]
    files: dict[str, str]


class StoredRun:
    """What a sweep and its attempts ask of one run in the store. Every method raises `StoreError` where the
    store cannot be used."""

    def __init__(self, objects: Objects, name: str) -> None:
        self._objects = objects
        self._name = name

    def take_lease(self) -> int:
        """Create the lease of the next attempt; its epoch."""
        epoch = max(self._epochs("lease"), default=0) + 1
        while not self._objects.create(self._key(epoch, "lease"), new_lease(epoch)):
            epoch += 1
        return epoch

    def require_newest(self, epoch: int) -> None:
        """Check that no later attempt has begun: the lease after this one is not there.

        Raises:
            AlreadyRunningError: a later attempt has the run.
        """
        if self._objects.exists(self._key(epoch + 1, "lease")):
            raise AlreadyRunningError(
                f"{self._objects.url}/{self._name}: attempt {epoch + 1} has taken over this run, so attempt"
                f" {epoch} writes nothing more"
            )

    def write_beat(self, epoch: int, beat: Beat) -> None:
        """Write the newest heartbeat of an attempt."""
        self._objects.put(self._key(epoch, "progress.json"), msgspec.json.encode(beat))

    def read_beat(self, epoch: int) -> Beat | None:
        """The newest heartbeat of an attempt, None before the first one."""
        content = self._objects.get(self._key(epoch, "progress.json"))
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.json.decode(content, type=Beat) if content is not None else None
        return None

    def progress(self) -> RunProgress:
        """How far the run is in the store."""
        manifest = self._manifest()
        return manifest.progress if manifest is not None else RunProgress()

    def write_log(self, epoch: int, log: Path) -> None:
        """Upload what an attempt has printed, from a file that may be missing; no error if that fails."""
        with contextlib.suppress(OSError, StoreError):
            self._objects.put(self._key(epoch, "log"), log.read_bytes())

    def download_logs(self, files: RunDirectory) -> None:
        """Bring what the attempts have printed into a run directory, where it is not there."""
        with _writing(files.events.parent):
            for epoch in self._epochs("log"):
                path = attempt_log(files, epoch)
                content = self._objects.get(self._key(epoch, "log")) if not path.exists() else None
                if content is not None:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    atomic_write(path, content)

    def download(self, files: RunDirectory) -> bool:
        """Make the run directory from the newest manifest, the log last and whole; False if there is none.

        A directory whose log is that one already stays as it is.

        Raises:
            StoreError: an object is not what was uploaded, or the directory cannot be written.
        """
        problem = ""
        for _ in range(TRIES):
            manifest = self._manifest()
            if manifest is None:
                return False
            if _ends(files) == (manifest.head, manifest.digest):
                return True
            try:
                with _writing(files.events.parent):
                    self._download(manifest, files)
                return True
            except _ReplacedError as replaced:  # the attempt of that manifest may still be uploading
                problem = str(replaced)
        raise StoreError(f"{self._objects.url}/{self._name}: {problem}; restore the object")

    def _download(self, manifest: Manifest, files: RunDirectory) -> None:
        files.checkpoints.mkdir(parents=True, exist_ok=True)
        for name, sha256 in manifest.files.items():
            atomic_write(files.checkpoints / name, self._object(manifest.epoch, sha256))
        with atomic_replace(files.events) as unfinished:
            log = EventLog(unfinished)
            try:
                for sha256 in manifest.segments:
                    log.append_encoded(_rows(self._object(manifest.epoch, sha256)))
                if (log.head(), log.digest.hex()) != (manifest.head, manifest.digest):
                    raise _ReplacedError(f"the log does not end as {manifest.epoch:04}.manifest.json says")
            finally:
                log.close()

    def _object(self, epoch: int, sha256: str) -> bytes:
        content = self._objects.get(f"{self._name}/{epoch:04}/{sha256}")
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            raise _ReplacedError(f"{epoch:04}/{sha256} is {'missing' if content is None else 'damaged'}")
        return content

    def _manifest(self) -> Manifest | None:
        epochs = self._epochs("manifest.json")
        content = self._objects.get(self._key(epochs[-1], "manifest.json")) if epochs else None
        if content is None:
            return None
        try:
            return msgspec.json.decode(content, type=Manifest)
        except msgspec.MsgspecError as error:
            raise StoreError(
                f"{self._objects.url}/{self._key(epochs[-1], 'manifest.json')}: is no manifest ({error})"
            ) from error

    def _epochs(self, kind: str) -> list[int]:
        matched = (
            re.fullmatch(rf"(\d+)\.{re.escape(kind)}", name) for name in self._objects.names(self._name)
        )
        return sorted(int(found[1]) for found in matched if found)

    def _key(self, epoch: int, kind: str) -> str:
        return f"{self._name}/{epoch:04}.{kind}"


class _ReplacedError(Exception):
    """An object that a manifest names is not there any more, or is another one."""


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, apsw.Error) as error:
        raise StoreError(f"{folder}: cannot be written ({why(error)})") from error


def _ends(files: RunDirectory) -> tuple[int, str] | None:
    """Position and digest of the newest event of a log; None without a log."""
    if not files.events.exists():
        return None
    log = LogReader(files.events)
    try:
        return log.head(), log.head_digest().hex()
    finally:
        log.close()


def _rows(content: bytes) -> list[Encoded]:
    try:
        return msgspec.msgpack.decode(zlib.decompress(content), type=list[Encoded])
    except (zlib.error, msgspec.MsgspecError) as error:
        raise _ReplacedError(f"a segment of the log is damaged ({error})") from error
