"""FLV, the format in which ffmpeg hands over what it encoded (Adobe Flash Video File Format 10.1, annex E).

The payload of an FLV tag is the payload of the RTMP message of the same type, so tags are sent as they are.
"""

from collections.abc import Iterator
from typing import IO

import msgspec

AUDIO, VIDEO, SCRIPT = 8, 9, 18
"""Types of tags and of RTMP messages."""
FILE_HEADER_BYTES = 9
TAG_HEADER_BYTES = 11
SIZE_BYTES = 4
"""After the file header and after each tag: the size of the tag before."""
KEYFRAME_H264 = 0x17
"""First byte of the payload of a keyframe: frame type 1, codec 7."""
AAC = 0xA0
"""High half of the first byte of AAC audio."""


class Tag(msgspec.Struct, frozen=True):
    """One audio packet, one picture, or one script message; `timestamp` in milliseconds."""

    kind: int
    timestamp: int
    payload: bytes

    @property
    def is_setup(self) -> bool:
        """Whether the tag describes what follows, so that every new receiver needs it first."""
        if self.kind == SCRIPT:
            return True
        coded = self.payload[0] & 0xF0 == AAC if self.kind == AUDIO else self.payload[0] & 0x0F == 7
        return coded and self.payload[1] == 0

    @property
    def is_frame(self) -> bool:
        """Whether the tag holds a picture."""
        return self.kind == VIDEO and not self.is_setup and self.payload[1] == 1

    @property
    def is_keyframe(self) -> bool:
        """Whether a receiver can begin with this tag."""
        return self.is_frame and self.payload[0] == KEYFRAME_H264


def read_tags(file: IO[bytes]) -> Iterator[Tag]:
    """All tags of an FLV file until it ends; the last one is left out if it is cut off.

    Raises:
        ValueError: the file is no FLV.
    """
    header = file.read(FILE_HEADER_BYTES + SIZE_BYTES)
    if not header:
        return
    if header[:3] != b"FLV":
        raise ValueError("not an FLV file")
    while len(head := file.read(TAG_HEADER_BYTES)) == TAG_HEADER_BYTES:
        size = int.from_bytes(head[1:4], "big")
        # the lower 24 bits come first, the upper 8 after them
        timestamp = int.from_bytes(head[4:7], "big") | head[7] << 24
        payload = file.read(size)
        if len(payload) < size or len(file.read(SIZE_BYTES)) < SIZE_BYTES:
            return
        if len(payload) >= 2:
            yield Tag(head[0] & 0x1F, timestamp, payload)
