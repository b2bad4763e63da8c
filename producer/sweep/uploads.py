"""The uploads of one attempt at a run of a sweep: what is new since the last one, then the manifest."""

import contextlib
import hashlib
import time
import zlib
from collections.abc import Iterable

import msgspec

from core.codec import Encoded
from core.errors import StoreError
from core.log import LogReader
from core.run_directory import RunDirectory
from producer.sweep.heartbeat import STORE_BEAT_SECONDS
from producer.sweep.objects import Objects
from producer.sweep.progress import read_progress
from producer.sweep.stored_run import Manifest, StoredRun

__all__ = ["Uploads"]

SEGMENT_EVENTS = 20_000
"""The most events of one segment, some 6 MB before they are compressed."""


class Uploads:
    """Uploads the run directory of one attempt, again and again: only what is new is sent."""

    def __init__(self, objects: Objects, name: str, epoch: int, files: RunDirectory) -> None:
        self._objects = objects
        self._name = name
        self._epoch = epoch
        self._files = files
        self._head = 0
        self._segments: list[str] = []
        self._known: dict[tuple[str, int, int], str] = {}
        self._there: set[str] = set()
        self._asked_at = time.monotonic()
        self._first = True

    def require_lease(self) -> None:
        """Ask the store every few seconds whether a later attempt has the run; if it cannot say, go on.

        Raises:
            AlreadyRunningError: a later attempt has the run.
        """
        if time.monotonic() - self._asked_at >= STORE_BEAT_SECONDS:
            self._asked_at = time.monotonic()
            with contextlib.suppress(StoreError):  # the next upload waits for the store
                StoredRun(self._objects, self._name).require_newest(self._epoch)

    def upload(self) -> None:
        """Upload the events and files that are new, then the manifest; then remove what is not needed.

        Raises:
            AlreadyRunningError: a later attempt has the run.
            StoreError: the store cannot be used; another call goes on where this one failed.
        """
        run = StoredRun(self._objects, self._name)
        run.require_newest(self._epoch)
        manifest = self._manifest(self._new_files())
        self._objects.put(f"{self._name}/{self._epoch:04}.manifest.json", msgspec.json.encode(manifest))
        needed = {*manifest.segments, *manifest.files.values()}
        self._delete(self._epoch, self._there - needed)
        self._there &= needed
        if self._first:
            for earlier in range(1, self._epoch):
                self._delete(earlier, self._objects.names(f"{self._name}/{earlier:04}"))
            self._first = False

    def _manifest(self, files: dict[str, str]) -> Manifest:
        log = LogReader(self._files.events)
        try:
            head, digest = log.head(), log.head_digest().hex()
            while self._head < head:
                page = log.read(self._head, SEGMENT_EVENTS, head)
                rows: list[Encoded] = [(at.recorded_at, at.type, at.version, at.payload) for at in page]
                self._segments.append(self._put(zlib.compress(msgspec.msgpack.encode(rows))))
                self._head = page[-1].position
        finally:
            log.close()
        return Manifest(self._epoch, head, digest, read_progress(self._files), list(self._segments), files)

    def _new_files(self) -> dict[str, str]:
        """Upload the files of the checkpoints that are new; name → sha256 of all that are there."""
        files = {}
        for path in sorted(self._files.checkpoints.glob("checkpoint_ep*.pt")):
            status = path.stat()
            stamp = path.name, status.st_mtime_ns, status.st_size
            if stamp not in self._known:
                self._known[stamp] = self._put(path.read_bytes())
            files[path.name] = self._known[stamp]
        return files

    def _put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        self._objects.put(f"{self._name}/{self._epoch:04}/{sha256}", content)
        self._there.add(sha256)
        return sha256

    def _delete(self, epoch: int, hashes: Iterable[str]) -> None:
        self._objects.delete(f"{self._name}/{epoch:04}/{sha256}" for sha256 in sorted(hashes))
