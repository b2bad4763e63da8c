"""RTMP's chunks: how messages are cut into pieces on the wire (Adobe RTMP 1.0, section 5). Pure.

Every message is written with a full header: twelve bytes, and no memory of the message before.
"""

from collections.abc import Iterator

import msgspec

DEFAULT_CHUNK_BYTES = 128
SET_CHUNK_SIZE, ACKNOWLEDGEMENT, USER_CONTROL, WINDOW, PEER_BANDWIDTH, COMMAND = 1, 3, 4, 5, 6, 20
"""Types of messages; audio, video and data have the types of FLV's tags."""
FULL_HEADER_BYTES = (11, 7, 3, 0)
"""Bytes of a message header by the format of its chunk."""
EXTENDED = 0xFFFFFF
"""A timestamp over 24 bits (after 4 h 39 min) stands after the header, in every chunk."""
MAX_MESSAGE_BYTES = 1 << 20
"""A server's answer that claims to be longer is none."""


class Message(msgspec.Struct, frozen=True):
    """One message; `timestamp` in milliseconds, `stream` 0 for the connection itself."""

    kind: int
    payload: bytes
    timestamp: int = 0
    stream: int = 0


def write_chunks(message: Message, channel: int, chunk_bytes: int) -> bytes:
    """The message in chunks of at most `chunk_bytes`, on a channel (chunk stream id) from 2 to 63."""
    timestamp = message.timestamp & 0xFFFFFFFF
    extended = timestamp.to_bytes(4, "big") if timestamp >= EXTENDED else b""
    header = (
        bytes([channel])
        + min(timestamp, EXTENDED).to_bytes(3, "big")
        + len(message.payload).to_bytes(3, "big")
        + bytes([message.kind])
        + message.stream.to_bytes(4, "little")
        + extended
    )
    between = bytes([0xC0 | channel]) + extended
    pieces = [
        message.payload[at : at + chunk_bytes] for at in range(0, len(message.payload), chunk_bytes)
    ] or [b""]
    return header + between.join(pieces)


class _Channel:
    """What a short header leaves out is as in the message before on the same channel."""

    def __init__(self) -> None:
        self.timestamp = self.length = self.kind = self.stream = 0
        self.extended = False
        self.received = bytearray()


class ChunkReader:
    """Puts messages together from bytes as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._chunk_bytes = DEFAULT_CHUNK_BYTES
        self._channels: dict[int, _Channel] = {}

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are complete with `data`.

        Raises:
            ValueError: these are no chunks of RTMP.
        """
        self._buffer += data
        while (message := self._next()) is not None:
            if message.kind == SET_CHUNK_SIZE and len(message.payload) >= 4:
                self._chunk_bytes = max(1, int.from_bytes(message.payload[:4], "big") & 0x7FFFFFFF)
            if message.kind >= 0:
                yield message

    def _next(self) -> Message | None:
        """The next message; one of kind -1 after a chunk that completes none; None without a whole chunk."""
        buffer = self._buffer
        if not buffer:
            return None
        shape, number, at = buffer[0] >> 6, buffer[0] & 0x3F, 1
        if number < 2:  # channels from 64 on are named in one or two more bytes
            at += 1 + number
            if len(buffer) < at:
                return None
            number = 64 + int.from_bytes(buffer[1:at], "little")
        size = FULL_HEADER_BYTES[shape]
        channel = self._channels.setdefault(number, _Channel())
        header = bytes(buffer[at : at + size])
        at += size
        stamp = int.from_bytes(header[:3], "big") if size >= 3 else None
        extended = channel.extended if stamp is None else stamp == EXTENDED
        length = int.from_bytes(header[3:6], "big") if size >= 7 else channel.length
        if length > MAX_MESSAGE_BYTES:
            raise ValueError(f"a message of {length} bytes")
        begun = len(channel.received)
        take = min(self._chunk_bytes, length - begun)
        payload_at = at + 4 * extended
        if len(header) < size or len(buffer) < payload_at + take:
            return None
        if begun == 0 and stamp is not None:
            exact = int.from_bytes(buffer[at:payload_at], "big") if extended else stamp
            channel.timestamp = exact if shape == 0 else channel.timestamp + exact
        channel.extended, channel.length = extended, length
        if size >= 7:
            channel.kind = header[6]
        if size >= 11:
            channel.stream = int.from_bytes(header[7:11], "little")
        channel.received += buffer[payload_at : payload_at + take]
        del buffer[: payload_at + take]
        if len(channel.received) < length:
            return Message(-1, b"")
        payload = bytes(channel.received)
        channel.received.clear()
        return Message(channel.kind, payload, channel.timestamp, channel.stream)
