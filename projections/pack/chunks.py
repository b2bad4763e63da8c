"""Chunks: answers as scripts that a page from a file may load, where it may fetch nothing.

A chunk puts base64 of deflated lines of JSON into the page's global `hamlet`; each line is one answer, byte
for byte as the server gives it. `frontend/src/lib/frozen/` reads them.
"""

import base64
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

CHUNK_BYTES = 500_000
"""About so much text a chunk holds: unpacked fast enough for a viewer who drags, and it deflates well."""
MOST_LINES = 500
RAW_DEFLATE = -15
LEVEL = 9


class Family(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Answers that differ by an episode only: `{}` in the address is its number, at most `last`.

    Line i answers for the episodes `starts[i]` to `starts[i + 1] - 1`, or where `starts` is None for the
    episode i + 1. `exact`: only the episodes of `starts` themselves are answered.
    """

    name: str
    address: str
    starts: list[int] | None
    exact: bool
    last: int
    lines_per_chunk: int


def write_chunk(folder: Path, name: str, lines: Sequence[bytes]) -> int:
    """Write the chunk `NAME.js`; give its size in bytes.

    Raises:
        OSError: the file cannot be written.
    """
    script = b'hamlet["%s"]="%s";\n' % (name.encode(), base64.b64encode(deflate(b"\n".join(lines))))
    (folder / f"{name}.js").write_bytes(script)
    return len(script)


def deflate(content: bytes) -> bytes:
    """`content` as a raw deflate stream."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW_DEFLATE)
    return packer.compress(content) + packer.flush()


def write_family(
    folder: Path,
    name: str,
    address: str,
    episodes: Sequence[int],
    answer: Callable[[str], bytes],
    *,
    exact: bool = False,
    last: int | None = None,
    done: Callable[[], None],
) -> Family:
    """Write the answers for `episodes` (rising) in chunks; equal answers in a row are written once.

    An answer also stands for the episodes up to the next of `episodes`, the last one for those up to `last`.
    `done` is called after every answer.

    Raises:
        OSError: a file cannot be written.
    """
    sample = [answer(address.replace("{}", str(episode))) for episode in _sample(episodes)]
    mean = sum(map(len, sample)) // max(1, len(sample)) or 1
    per_chunk = max(1, min(MOST_LINES, CHUNK_BYTES // mean))
    starts: list[int] = []
    lines: list[bytes] = []
    chunks, before = 0, b""
    for episode in episodes:
        line = answer(address.replace("{}", str(episode)))
        if exact or line != before:
            starts.append(episode)
            lines.append(line)
            before = line
        if len(lines) == per_chunk:
            write_chunk(folder, f"{name}-{chunks:03d}", lines)
            chunks, lines = chunks + 1, []
        done()
    if lines:
        write_chunk(folder, f"{name}-{chunks:03d}", lines)
    if last is None:
        last = episodes[-1] if episodes else 0
    counted = starts == list(range(1, len(starts) + 1))
    return Family(
        name=name,
        address=address,
        starts=None if counted and len(starts) == last else starts,
        exact=exact,
        last=last,
        lines_per_chunk=per_chunk,
    )


def _sample(episodes: Sequence[int]) -> Iterable[int]:
    """A few episodes of all parts of the run."""
    return episodes[:: max(1, len(episodes) // 8)]
