"""The built dashboard, served from memory, so that no request can name a file to open.

The folder is read at the start and again when a new build has replaced its `index.html`; files are compressed
once, not for every request: with gzip here, with Brotli by the build, which leaves a `.br` beside each file.
The source of the dashboard is in `frontend/`.
"""

import copy
import gzip
import hashlib
import mimetypes
from pathlib import Path

import msgspec

from core.errors import ConfigError
from server.preload import MANIFEST, Preloads, read_preloads

PAGES = {
    "": "LivePage",
    "index.html": "LivePage",
    "stream": "StreamPage",
    "gallery": "GalleryPage",
    "editor": "EditorPage",
}
"""Paths at which the dashboard's own router shows a page of a run, with the component of the page;
all of them are `index.html`."""
RUNS_PAGES = {
    "": "RunsPage",
    "index.html": "RunsPage",
    "runs": "RunsPage",
    "compare": "ComparePage",
    "editor": "EditorPage",
}
"""The same for the pages about many runs, which stand above those of each run."""

COMPRESSIBLE = ("text/", "application/json", "image/svg+xml", "application/manifest+json")
HEAD_END = b"</head>"
BASE = b'<base href="/"'
RELATIVE_ASSETS = b'="./assets/'
BROTLI_SUFFIX = ".br"
IMMUTABLE = "public, max-age=31536000, immutable"
"""For files whose name holds a hash of their content, as Vite names all in `assets/`."""


class Asset(msgspec.Struct, frozen=True):
    """A file of the dashboard, ready to send; `gzipped` and `brotli` are None where that saves nothing."""

    content: bytes
    gzipped: bytes | None
    brotli: bytes | None
    media_type: str
    etag: str
    cache_control: str


class Frontend:
    """The dashboard's files by path, as one place of the server shows them.

    Raises:
        ConfigError: the folder holds no `index.html`.
    """

    def __init__(self, folder: Path, root_path: str = "", many_runs: bool = False) -> None:
        """The pages below `root_path`: those of one run, or with `many_runs` the list of all."""
        self._build = _Build(folder)
        self._pages = RUNS_PAGES if many_runs else PAGES
        self._root_path = root_path
        self._runs_root = root_path if many_runs else None
        self._index: tuple[Asset, Asset] | None = None
        self._run_name = ""

    def below(self, path: str, run_name: str) -> "Frontend":
        """The pages of one run of many at `path` ("/runs/…"); the files are in memory only once."""
        pages = copy.copy(self)
        pages._run_name = run_name
        pages._pages, pages._root_path, pages._index = PAGES, self._root_path + path, None
        return pages

    @property
    def root_path(self) -> str:
        """The path under which the pages are shown, "" for none."""
        return self._root_path

    @property
    def run_name(self) -> str:
        """The name of the run whose pages these are, "" on a server of one run and for pages about all."""
        return self._run_name

    @property
    def pages(self) -> frozenset[str]:
        """The paths at which a page is, without their leading slash."""
        return frozenset(self._pages)

    def find(self, path: str) -> Asset | None:
        """The file for a request's path without its leading slash, or None."""
        assets = self._build.assets()
        return self._placed(assets["index.html"]) if path in self._pages else assets.get(path)

    def page(self, path: str, tags: str) -> Asset | None:
        """The page at `path` with `tags` (HTML) in its head, or None where no page is."""
        index = self.find(path) if path in self._pages else None
        if index is None:
            return None
        tags += self._preload_tags(self._pages[path])
        return _asset(index.content.replace(HEAD_END, tags.encode() + HEAD_END, 1), Path("index.html"))

    def _preload_tags(self, component: str) -> str:
        """Hints to load the files of a page's component beside those of `index.html`."""
        root = "." if self._runs_root is None else self._runs_root
        return "".join(
            f'<link rel="preload" as="style" href="{root}/{file}">'
            if file.endswith(".css")
            else f'<link rel="modulepreload" crossorigin href="{root}/{file}">'
            for file in self._build.preloads().get(component, ())
        )

    def _placed(self, index: Asset) -> Asset:
        """The page for the place where it is shown: every address in it is relative to `<base>`."""
        if self._root_path == "" and self._runs_root is None:
            return index
        if self._index is None or self._index[0] is not index:
            base = f'<base href="{self._root_path}/"'
            content = index.content
            if self._runs_root is not None:
                # the page so knows that there are other runs; hashed files are the same for all of them
                base += f' data-runs="{self._runs_root}/"'
                content = content.replace(RELATIVE_ASSETS, f'="{self._runs_root}/assets/'.encode())
            self._index = index, _asset(content.replace(BASE, base.encode()), Path("index.html"))
        return self._index[1]


class _Build:
    """The files of the built dashboard, read again when a new build is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = folder / "index.html"
        self._built_at = self._stamp()
        if self._built_at is None:
            raise ConfigError(
                f"{folder}: no built front end (index.html) here; "
                "build it with `npm --prefix frontend run build`, or name its folder with --frontend"
            )
        self._assets = _read_folder(folder)
        self._preloads = read_preloads(folder)

    def preloads(self) -> Preloads:
        """What each page needs beside what `index.html` names."""
        return self._preloads

    def assets(self) -> dict[str, Asset]:
        """Every file by its path."""
        stamp = self._stamp()
        # a build in progress has no index.html for a moment: keep showing the old one
        if stamp is not None and stamp != self._built_at:
            self._assets, self._built_at = _read_folder(self._folder), stamp
            self._preloads = read_preloads(self._folder)
        return self._assets

    def _stamp(self) -> int | None:
        try:
            return self._index.stat().st_mtime_ns
        except OSError:
            return None


def _read_folder(folder: Path) -> dict[str, Asset]:
    root = folder.resolve()
    return {
        path.relative_to(root).as_posix(): _read_asset(path, path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and path.suffix != BROTLI_SUFFIX
        and path != root / MANIFEST
    }


def _read_asset(path: Path, name: Path) -> Asset:
    content, beside = path.read_bytes(), path.with_name(path.name + BROTLI_SUFFIX)
    # an older file of that name beside a newer one would be another content
    fresh = beside.is_file() and beside.stat().st_mtime_ns >= path.stat().st_mtime_ns
    return _asset(content, name, beside.read_bytes() if fresh else None)


def _asset(content: bytes, name: Path, brotli: bytes | None = None) -> Asset:
    media_type = mimetypes.guess_type(name.name)[0] or "application/octet-stream"
    gzipped = gzip.compress(content, 9, mtime=0) if media_type.startswith(COMPRESSIBLE) else None
    return Asset(
        content=content,
        gzipped=gzipped if gzipped is not None and len(gzipped) < len(content) else None,
        brotli=brotli if brotli is not None and len(brotli) < len(content) else None,
        media_type=media_type,
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        cache_control=IMMUTABLE if name.parts[0] == "assets" else "no-cache",
    )
