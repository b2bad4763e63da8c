"""Read a frozen dashboard as its page does: the table of contents, then lines of deflated chunks."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any


class FrozenCopy:
    """The answers of a copy by address; the rules are those of `frontend/src/lib/frozen/contents.ts`."""

    def __init__(self, dashboard: Path) -> None:
        self._data = dashboard / "data"
        self.contents: dict[str, Any] = json.loads(self._script("contents").removesuffix(";"))
        self._chunks: dict[str, list[bytes]] = {}

    def answer(self, address: str) -> bytes | None:
        """The recorded answer; None where the copy does not hold it."""
        if address in self.contents["single"]:
            return self._lines("single-000")[self.contents["single"].index(address)]
        for family in self.contents["families"]:
            before, after = family["address"].split("{}")
            episode = address.removeprefix(before).removesuffix(after)
            if address == f"{before}{episode}{after}" and episode.isdecimal():
                return self._of_family(family, int(episode))
        return None

    def _of_family(self, family: dict[str, Any], episode: int) -> bytes | None:
        starts = family["starts"]
        line = episode - 1 if starts is None else sum(start <= episode for start in starts) - 1
        if line < 0 or episode > family["last"] or (family["exact"] and starts and starts[line] != episode):
            return None
        chunk, line = divmod(line, family["linesPerChunk"])
        return self._lines(f"{family['name']}-{chunk:03d}")[line]

    def _lines(self, name: str) -> list[bytes]:
        if name not in self._chunks:
            content = base64.b64decode(self._script(name).removesuffix(";").strip('"'))
            self._chunks[name] = zlib.decompress(content, -15).split(b"\n")
        return self._chunks[name]

    def _script(self, name: str) -> str:
        return (self._data / f"{name}.js").read_text().partition("=")[2].strip()
