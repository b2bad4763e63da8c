"""The built dashboard, served from memory, so that no request can name a file to open.

The folder is read at the start and again when a new build has replaced its `index.html`; files are compressed
once, not for every request. The source of the dashboard is in `frontend/`.
"""

import gzip
import hashlib
import mimetypes
from pathlib import Path

import msgspec

from core.errors import ConfigError

PAGES = frozenset({"", "index.html", "stream", "gallery"})
"""Paths at which the dashboard's own router shows a page; all of them are `index.html`."""

COMPRESSIBLE = ("text/", "application/json", "image/svg+xml", "application/manifest+json")
HEAD_END = b"</head>"
BASE = b'<base href="/"'
IMMUTABLE = "public, max-age=31536000, immutable"
"""For files whose name holds a hash of their content, as Vite names all in `assets/`."""


class Asset(msgspec.Struct, frozen=True):
    """A file of the dashboard, ready to send; `compressed` (gzip) is None where that saves nothing."""

    content: bytes
    compressed: bytes | None
    media_type: str
    etag: str
    cache_control: str


class Frontend:
    """The dashboard's files by path.

    Raises:
        ConfigError: the folder holds no `index.html`.
    """

    def __init__(self, folder: Path, root_path: str = "") -> None:
        self._folder = folder
        self._root_path = root_path
        self._index = folder / "index.html"
        self._built_at = self._stamp()
        if self._built_at is None:
            raise ConfigError(
                f"{folder}: no built front end (index.html) here; "
                "build it with `npm --prefix frontend run build`, or name its folder with --frontend"
            )
        self._assets = _read_folder(folder, root_path)

    def find(self, path: str) -> Asset | None:
        """The file for a request's path without its leading slash, or None."""
        stamp = self._stamp()
        # a build in progress has no index.html for a moment: keep showing the old one
        if stamp is not None and stamp != self._built_at:
            self._assets, self._built_at = _read_folder(self._folder, self._root_path), stamp
        return self._assets.get("index.html" if path in PAGES else path)

    @property
    def root_path(self) -> str:
        """The path under which a proxy shows the pages, "" for none."""
        return self._root_path

    def page(self, path: str, tags: str) -> Asset | None:
        """The page at `path` with `tags` (HTML) in its head, or None where no page is."""
        index = self.find(path) if path in PAGES else None
        if index is None:
            return None
        return _asset(index.content.replace(HEAD_END, tags.encode() + HEAD_END, 1), Path("index.html"))

    def _stamp(self) -> int | None:
        try:
            return self._index.stat().st_mtime_ns
        except OSError:
            return None


def _read_folder(folder: Path, root_path: str) -> dict[str, Asset]:
    root = folder.resolve()
    assets = {
        path.relative_to(root).as_posix(): _read_asset(path, path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    if root_path:
        # every address in the page is relative to this one
        index = (root / "index.html").read_bytes().replace(BASE, f'<base href="{root_path}/"'.encode())
        assets["index.html"] = _asset(index, Path("index.html"))
    return assets


def _read_asset(path: Path, name: Path) -> Asset:
    return _asset(path.read_bytes(), name)


def _asset(content: bytes, name: Path) -> Asset:
    media_type = mimetypes.guess_type(name.name)[0] or "application/octet-stream"
    compressed = gzip.compress(content, 9, mtime=0) if media_type.startswith(COMPRESSIBLE) else None
    return Asset(
        content=content,
        compressed=compressed if compressed is not None and len(compressed) < len(content) else None,
        media_type=media_type,
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        cache_control=IMMUTABLE if name.parts[0] == "assets" else "no-cache",
    )
