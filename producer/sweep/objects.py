"""A place of objects that all nodes of a sweep reach: a directory, or the URL of an object store.

An object is written whole or not at all, and a name can be given away once (`create`). Nothing is locked and
nothing is renamed, so a network disk or S3 will do.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from core.errors import ConfigError, StoreError
from core.process.files import atomic_write, sync_directory, sync_file

__all__ = ["Objects", "is_store", "objects_at", "store_url"]


class Objects(Protocol):
    """Objects by key, `a/b/c`. Every method raises `StoreError` where the place cannot be reached."""

    url: str

    def put(self, key: str, content: bytes) -> None:
        """Write an object, in place of the one that is there."""

    def create(self, key: str, content: bytes) -> bool:
        """Write an object whose key is new; False, and nothing written, if there is such an object."""

    def get(self, key: str) -> bytes | None:
        """The content of an object; None if there is none."""

    def exists(self, key: str) -> bool:
        """Whether there is such an object."""

    def names(self, folder: str) -> list[str]:
        """The names of the objects directly below a folder, sorted."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; one that is not there is left out."""


def is_store(where: str) -> bool:
    """Whether a text is the URL of a store; otherwise it is a directory."""
    return "://" in where


def store_url(text: str) -> str:
    """The URL of a store as the plan names it; a path without a scheme is a directory, made absolute."""
    return text.rstrip("/") if is_store(text) else Path(text).absolute().as_uri()


def objects_at(url: str) -> Objects:
    """The place behind `file:///…` or any other URL of `fsspec` such as s3://bucket/sweep.

    Raises:
        ConfigError: there is no driver for such URLs, or one whose objects no other process sees.
    """
    if url.startswith("file://"):
        return Directory(url)
    import fsspec

    try:
        # a listing that is kept would hide what another node has written
        filesystem, path = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"--store {url}: cannot be used ({error}); pip install 'hamlet-demo[store]' brings S3"
        ) from error
    if "memory" in filesystem.protocol:
        raise ConfigError(
            f"--store {url}: other processes do not see such objects; give a directory or s3://"
        )
    return Bucket(url, filesystem, path.rstrip("/"))


class Directory:
    """Objects as files of a directory, on one machine or on a network disk."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._folder = Path(url.removeprefix("file://"))

    def put(self, key: str, content: bytes) -> None:
        """Write a file beside the one that is there, then rename the file over it."""
        with self._failing():
            atomic_write(self._made(key), content)

    def create(self, key: str, content: bytes) -> bool:
        """Write a file that is not there yet (O_EXCL)."""
        with self._failing():
            path = self._made(key)
            try:
                with path.open("xb") as file:
                    file.write(content)
                sync_file(path)
            except FileExistsError:
                return False
            sync_directory(path.parent)
        return True

    def get(self, key: str) -> bytes | None:
        """The bytes of a file."""
        with self._failing(), contextlib.suppress(FileNotFoundError):
            return (self._folder / key).read_bytes()
        return None

    def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        with self._failing():
            return (self._folder / key).exists()

    def names(self, folder: str) -> list[str]:
        """The files of a folder, but those that are being written."""
        with self._failing(), contextlib.suppress(FileNotFoundError):
            found = (self._folder / folder).iterdir()
            return sorted(path.name for path in found if path.is_file() and not path.name.startswith("."))
        return []

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files."""
        with self._failing():
            for key in keys:
                (self._folder / key).unlink(missing_ok=True)

    def _made(self, key: str) -> Path:
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"{self.url}: cannot be used ({error.strerror})") from error


class Bucket:
    """Objects behind a URL of `fsspec`. Creating is a conditional PUT where the driver has one (S3 has)."""

    def __init__(self, url: str, filesystem: Any, path: str) -> None:
        self.url = url
        self._filesystem = filesystem
        self._path = path

    def put(self, key: str, content: bytes) -> None:
        """One PUT."""
        with self._failing():
            self._filesystem.pipe_file(f"{self._path}/{key}", content)

    def create(self, key: str, content: bytes) -> bool:
        """One PUT with the condition that there is no such object."""
        with self._failing():
            try:
                self._filesystem.pipe_file(f"{self._path}/{key}", content, mode="create")
            except FileExistsError:
                return False
        return True

    def get(self, key: str) -> bytes | None:
        """One GET."""
        with self._failing(), contextlib.suppress(FileNotFoundError):
            return bytes(self._filesystem.cat_file(f"{self._path}/{key}"))
        return None

    def exists(self, key: str) -> bool:
        """One HEAD."""
        with self._failing():
            return bool(self._filesystem.exists(f"{self._path}/{key}"))

    def names(self, folder: str) -> list[str]:
        """One listing for each thousand names."""
        with self._failing(), contextlib.suppress(FileNotFoundError):
            found = self._filesystem.ls(f"{self._path}/{folder}", detail=True)
            return sorted(at["name"].rpartition("/")[2] for at in found if at["type"] == "file")
        return []

    def delete(self, keys: Iterable[str]) -> None:
        """One DELETE for each object."""
        with self._failing():
            for key in keys:
                with contextlib.suppress(FileNotFoundError):
                    self._filesystem.rm_file(f"{self._path}/{key}")

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # drivers raise errors of many types
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise StoreError(f"{self.url}: cannot be used ({reason})") from error
