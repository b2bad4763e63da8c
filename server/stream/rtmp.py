"""A connection that publishes to an RTMP server (Adobe RTMP 1.0, sections 5.2 and 7).

The connection is ours and not ffmpeg's, because ffmpeg takes the address as an argument: the stream key would
stand in `ps`, and in its lines of error. So the key stays in this process, a new connection needs no new
encoder, and what was sent is counted exactly.
"""

import contextlib
import os
import select
import socket
import ssl
import time
from collections.abc import Iterator

from core.errors import HamletError
from server.stream import amf
from server.stream.flv import AUDIO, SCRIPT, Tag
from server.stream.rtmp_chunks import (
    COMMAND,
    DEFAULT_CHUNK_BYTES,
    SET_CHUNK_SIZE,
    USER_CONTROL,
    WINDOW,
    ChunkReader,
    Message,
    write_chunks,
)
from server.stream.target import Target

HANDSHAKE_BYTES = 1536
VERSION = 3
CHUNK_BYTES = 4096
ANSWER_SECONDS = 15.0
"""How long the server may take to connect, to answer, or to take what it is sent."""
CONTROL_CHANNEL, COMMAND_CHANNEL, AUDIO_CHANNEL, VIDEO_CHANNEL = 2, 3, 4, 6
PING, PONG = 6, 7
WINDOW_BYTES = 2_500_000
SOFTWARE = "FMLE/3.0 (compatible; Hamlet)"
"""Some servers accept only names that begin like this one."""


class RtmpError(HamletError):
    """The server cannot be reached, refuses, or has ended the connection; the text never holds the key."""


class RtmpConnection:
    """A connection on which a stream is being published; made by `publishing`."""

    def __init__(self, connection: socket.socket, target: Target) -> None:
        self._socket = connection
        self._target = target
        self._reader = ChunkReader()
        self._chunk_bytes = DEFAULT_CHUNK_BYTES
        self._stream = 0

    def publish(self) -> None:
        """Shake hands and ask to publish, until the server says that it listens."""
        self._shake_hands()
        self._write(Message(SET_CHUNK_SIZE, CHUNK_BYTES.to_bytes(4, "big")), CONTROL_CHANNEL)
        self._chunk_bytes = CHUNK_BYTES
        self._write(Message(WINDOW, WINDOW_BYTES.to_bytes(4, "big")), CONTROL_CHANNEL)
        app, key = self._target.app, self._target.key
        about = {"app": app, "type": "nonprivate", "flashVer": SOFTWARE, "tcUrl": self._target.address}
        self._command("connect", 1, about)
        self._wait_for_result(1)
        self._command("releaseStream", 2, None, key)
        self._command("FCPublish", 3, None, key)
        self._command("createStream", 4, None)
        answer = self._wait_for_result(4)
        number = answer[3] if len(answer) > 3 else None
        if not isinstance(number, int | float):
            raise RtmpError("the server made no stream")
        self._stream = int(number)
        self._command("publish", 5, None, key, "live", stream=self._stream)
        self._wait_until_published()

    def send(self, tag: Tag, timestamp: int) -> None:
        """Send one tag at `timestamp`, milliseconds since the connection began.

        Raises:
            RtmpError: the server has ended the connection or takes nothing.
        """
        payload = amf.encode("@setDataFrame") + tag.payload if tag.kind == SCRIPT else tag.payload
        channel = AUDIO_CHANNEL if tag.kind == AUDIO else VIDEO_CHANNEL
        self._write(Message(tag.kind, payload, timestamp, self._stream), channel)
        self.keep_alive()

    def keep_alive(self) -> None:
        """Read what the server has sent meanwhile, and answer when it asks for a sign of life.

        Raises:
            RtmpError: the server has ended the connection.
        """
        while select.select([self._socket], [], [], 0)[0]:
            for message in self._reader.feed(self._receive()):
                self._answer(message)

    def unpublish(self) -> None:
        """Tell the server that the stream is over; a server that is gone already is no error."""
        with contextlib.suppress(RtmpError, OSError):
            self._command("FCUnpublish", 6, None, self._target.key)
            self._command("deleteStream", 7, None, self._stream)

    def _shake_hands(self) -> None:
        ours = bytes(8) + os.urandom(HANDSHAKE_BYTES - 8)
        self._socket.sendall(bytes([VERSION]) + ours)
        answer = self._read_exactly(1 + HANDSHAKE_BYTES)
        if answer[0] != VERSION:
            raise RtmpError("this is no RTMP server")
        self._socket.sendall(answer[1:])
        self._read_exactly(HANDSHAKE_BYTES)

    def _command(self, name: str, number: int, *arguments: amf.Value, stream: int = 0) -> None:
        message = Message(COMMAND, amf.encode(name, number, *arguments), 0, stream)
        self._write(message, COMMAND_CHANNEL)

    def _wait_for_result(self, number: int) -> list[amf.Value]:
        for answer in self._commands():
            if answer[:2] == ["_result", float(number)]:
                return answer
            if answer[:2] == ["_error", float(number)]:
                raise RtmpError(f"the server refuses: {self._reason(answer)}")
        raise RtmpError("the server does not answer")

    def _wait_until_published(self) -> None:
        for answer in self._commands():
            if answer[0] != "onStatus":
                continue
            about = answer[3] if len(answer) > 3 else None
            code = about.get("code") if isinstance(about, dict) else None
            if code == "NetStream.Publish.Start":
                return
            raise RtmpError(f"the server refuses: {self._reason(answer)}")
        raise RtmpError("the server does not answer")

    def _reason(self, answer: list[amf.Value]) -> str:
        """What the server says of an error, on one line and without the key."""
        for value in answer:
            if isinstance(value, dict):
                said = value.get("description") or value.get("code")
                if said:
                    return self._target.mask(" ".join(str(said).split())[:200])
        return "without a reason"

    def _commands(self) -> Iterator[list[amf.Value]]:
        """The commands that the server sends, for as long as it may take to answer."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            for message in self._reader.feed(self._receive()):
                self._answer(message)
                if message.kind == COMMAND and (values := amf.decode(message.payload)):
                    yield values

    def _answer(self, message: Message) -> None:
        if message.kind == USER_CONTROL and message.payload[:2] == PING.to_bytes(2, "big"):
            pong = PONG.to_bytes(2, "big") + message.payload[2:6]
            self._write(Message(USER_CONTROL, pong), CONTROL_CHANNEL)

    def _write(self, message: Message, channel: int) -> None:
        self._socket.sendall(write_chunks(message, channel, self._chunk_bytes))

    def _receive(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise RtmpError("the server has ended the connection")
        return data

    def _read_exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise RtmpError("the server has ended the connection")
            data += part
        return data


@contextlib.contextmanager
def publishing(target: Target) -> Iterator[RtmpConnection]:
    """A connection on which the server waits for the stream's tags.

    Raises:
        RtmpError: the server cannot be reached or refuses, or the connection ends within the block.
    """
    try:
        with socket.create_connection((target.host, target.port), ANSWER_SECONDS) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with _secured(plain, target) as secured:
                connection = RtmpConnection(secured, target)
                connection.publish()
                yield connection
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RtmpError(f"{target}: {target.mask(said or type(error).__name__)}") from None
    except RtmpError as error:
        raise RtmpError(f"{target}: {error}") from None


def _secured(plain: socket.socket, target: Target) -> socket.socket:
    if not target.secure:
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
