"""Which files of the dashboard a page needs beside those that `index.html` names.

`index.html` loads the entry, and the entry loads the page that the address names. A browser that gets the
names of the page's files with `index.html` asks for them at once, one round trip earlier.
"""

from pathlib import Path

import msgspec

__all__ = ["MANIFEST", "Preloads", "read_preloads"]

MANIFEST = ".vite/manifest.json"
"""What the build writes: for each source file its built file, its style sheets, and what it imports."""
ENTRY = "index.html"


class Chunk(msgspec.Struct, frozen=True):
    """A built file; `imports` are the keys of those it cannot run without."""

    file: str
    imports: tuple[str, ...] = ()
    css: tuple[str, ...] = ()


Preloads = dict[str, tuple[str, ...]]
"""By the name of a page's component ("LivePage"): the files it needs, scripts and style sheets."""


def read_preloads(folder: Path) -> Preloads:
    """What each page of a build needs; nothing where the build wrote no manifest."""
    try:
        chunks = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=dict[str, Chunk])
    except (OSError, msgspec.DecodeError):
        return {}
    known = set(_needed(chunks, ENTRY))
    return {
        Path(key).stem: tuple(file for file in _needed(chunks, key) if file not in known)
        for key in chunks
        if Path(key).parent.name == "pages"
    }


def _needed(chunks: dict[str, Chunk], key: str) -> list[str]:
    """The files of a chunk and of all that it imports, each once, what it is itself first."""
    files: dict[str, None] = {}
    waiting = [key]
    seen = set()
    while waiting:
        key = waiting.pop(0)
        if key in seen or key not in chunks:
            continue
        seen.add(key)
        chunk = chunks[key]
        files |= dict.fromkeys((chunk.file, *chunk.css))
        waiting += chunk.imports
    return list(files)
