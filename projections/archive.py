"""Archives: a run that has ended as one compressed file, with the digest of the file in its name.

An archive is a tar file, compressed with zstd: `tar --zstd -xf` unpacks it too. It holds all files of the run
directory but the read model, which is projected anew from the log, and files that mean nothing without a
process. The same files give the same archive.
"""

import hashlib
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

import msgspec
import pyarrow as pa

from core.archives import ARCHIVE_SUFFIX
from core.codec import decode
from core.errors import StoreError
from core.events import RunStopped
from core.log import LogReader
from core.process.files import sync_directory, sync_file
from core.process.lock import exclusive
from core.process.whole_file import merge_wal
from core.run_directory import EVENTS_NAME, READ_MODEL_NAME, RunDirectory, in_folder

__all__ = ["Archived", "archive", "unarchive"]

DIGEST_CHARACTERS = 32
CHUNK = 2**20
NAMED = re.compile(rf".+-([0-9a-f]{{{DIGEST_CHARACTERS}}}){re.escape(ARCHIVE_SUFFIX)}")


class Archived(msgspec.Struct, frozen=True):
    """An archive: its file, and the bytes of the run directory and of the file."""

    path: Path
    unpacked_bytes: int
    bytes: int


def archive(run: RunDirectory, out: Path, keep: bool = False) -> Archived:
    """Write the archive of a run into the folder `out`, read it back, and remove the run directory.

    With `keep` the run directory stays.

    Raises:
        AlreadyRunningError: a process writes the log or the read model.
        StoreError: the run has not ended, its log is damaged, its files are not in one directory, or the
            archive cannot be written or is not what it should be; then nothing was removed.
    """
    folder = run.events.parent
    if run != in_folder(folder):
        raise StoreError(f"{folder}: the files of this run are not in one directory; give --run-dir")
    if not run.events.is_file():
        raise StoreError(f"{run.events}: there is no log of a run")
    with exclusive(run.events, "projections archive"), exclusive(run.read_model, "projections archive"):
        merge_wal(run.events)
        _require_sealed(run.events)
        files = _files_of(folder)
        try:
            made = _write(folder, files, out)
        except (OSError, tarfile.TarError, pa.ArrowException) as error:
            raise StoreError(f"{out}: the archive cannot be written ({error})") from error
        if not keep:
            shutil.rmtree(folder)
            sync_directory(folder.parent)
        return made


def unarchive(path: Path, folder: Path) -> None:
    """Make the run directory `folder` from an archive; it appears whole, or not at all.

    Raises:
        StoreError: the file is no archive or damaged, or the directory is there and not empty, or cannot be
            written.
    """
    named = NAMED.fullmatch(path.name)
    if named is None:
        raise StoreError(
            f"{path}: is no archive by its name, which ends in -DIGEST{ARCHIVE_SUFFIX} with"
            f" {DIGEST_CHARACTERS} hexadecimal digits; give the file its name again"
        )
    try:
        found = _sha256(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
    if not found.startswith(named[1]):
        raise StoreError(f"{path}: damaged, its sha256 is not the one in its name; restore a copy")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder}: is there already; choose another directory")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        with _opened(path) as members:
            for member in members:
                members.extract(member, unfinished, filter="data")
        unfinished.rename(folder)
        sync_directory(folder.parent)
    except (OSError, tarfile.TarError, pa.ArrowException) as error:
        raise StoreError(f"{folder}: cannot be unpacked there ({error})") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _require_sealed(events: Path) -> None:
    """Check that the log ends with the end of an attempt, and that its chain of digests holds."""
    log = LogReader(events)
    try:
        newest = log.read(log.head() - 1, 1)
        stopped = decode(newest[0]) if newest else None
        if not isinstance(stopped, RunStopped):
            raise StoreError(f"{events}: the run has not ended; stop its trainer first, or let it finish")
        if (broken := log.first_broken()) is not None:
            raise StoreError(
                f"{events}: damaged at position {broken.first}; `projections doctor` says what is wrong"
            )
    finally:
        log.close()


def _files_of(folder: Path) -> list[Path]:
    """The files that an archive holds, sorted by name, without what can be made again."""
    derived = re.compile(rf"{READ_MODEL_NAME}.*|{EVENTS_NAME}-(wal|shm)|.*\.lock|\..*\.unfinished-.*")
    found = [path for path in folder.rglob("*") if path.is_file() and not derived.fullmatch(path.name)]
    return sorted(found)


def _write(folder: Path, files: list[Path], out: Path) -> Archived:
    out.mkdir(parents=True, exist_ok=True)
    name = folder.resolve().name
    unfinished = out / f".{name}{ARCHIVE_SUFFIX}.unfinished-{os.getpid()}"
    try:
        hashes = _compress(folder, files, unfinished)
        _require_whole(unfinished, hashes)
        sync_file(unfinished)
        path = out / f"{name}-{_sha256(unfinished)[:DIGEST_CHARACTERS]}{ARCHIVE_SUFFIX}"
        unfinished.replace(path)
        sync_directory(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return Archived(path, sum(file.stat().st_size for file in files), path.stat().st_size)


def _compress(folder: Path, files: list[Path], path: Path) -> dict[str, str]:
    """Write the files into an archive at `path`; name → sha256 of each."""
    hashes: dict[str, str] = {}
    with (
        pa.CompressedOutputStream(str(path), "zstd") as stream,
        tarfile.open(fileobj=cast(BinaryIO, stream), mode="w|", format=tarfile.PAX_FORMAT) as members,
    ):
        for source in files:
            member = tarfile.TarInfo(source.relative_to(folder).as_posix())
            member.size, member.mode = source.stat().st_size, 0o644
            hashes[member.name] = _sha256(source)
            with source.open("rb") as file:
                members.addfile(member, file)
    return hashes


def _require_whole(path: Path, hashes: dict[str, str]) -> None:
    """Read an archive back, and compare every file in it with the file that it was made of.

    Raises:
        StoreError: a file is another one, or is missing.
    """
    with _opened(path) as members:
        found = {member.name: _sha256_of(members.extractfile(member)) for member in members}
    if found != hashes:
        raise StoreError(f"{path}: what was written is not what was read; check the disk")


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    with (
        pa.CompressedInputStream(str(path), "zstd") as stream,
        tarfile.open(fileobj=cast(BinaryIO, stream), mode="r|") as members,
    ):
        yield members


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256_of(file: IO[bytes] | None) -> str:
    digest = hashlib.sha256()
    while file is not None and (chunk := file.read(CHUNK)):
        digest.update(chunk)
    return digest.hexdigest()
