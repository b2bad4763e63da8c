"""Our connection against a real RTMP server, ffmpeg's: plain, over TLS, refused, and after hours."""

import io
import socket
import ssl
import subprocess
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from server.stream.flv import Tag, read_tags
from server.stream.rtmp import RtmpError, publishing
from server.stream.target import MASK, Target
from tests.support.processes import unused_port, wait_until
from tests.support.rtmp import FFMPEG, look_into, receiving

KEY = "s3cr3t-key"
HOURS = 5 * 3_600_000
"""Milliseconds after which a timestamp no longer fits into a chunk's header."""


@pytest.fixture(scope="module")
def tags() -> list[Tag]:
    """Four seconds of picture and sound."""
    encoded = subprocess.run(
        [FFMPEG, "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=10", "-f", "lavfi",
         "-i", "anullsrc", "-t", "4", "-c:v", "libx264", "-g", "20", "-pix_fmt", "yuv420p", "-c:a", "aac",
         "-f", "flv", "-"],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    return list(read_tags(io.BytesIO(encoded.stdout)))


def publish(target: Target, tags: list[Tag], later: int = 0) -> None:
    """Publish, as soon as the server is there."""
    deadline = time.monotonic() + 90
    while True:
        try:
            with publishing(target) as connection:
                for tag in tags:
                    connection.send(tag, tag.timestamp + later)
                connection.unpublish()
                return
        except RtmpError as error:
            if "refused" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.mark.parametrize("later", [0, HOURS])
def test_a_real_server_gets_every_frame_and_all_sound(tags: list[Tag], tmp_path: Path, later: int) -> None:
    port, file = unused_port(), tmp_path / "received.mkv"
    with receiving(port, "live", KEY, file) as server:
        publish(Target("rtmp", "127.0.0.1", port, "live", KEY), tags, later)
        assert server.wait(timeout=90) == 0
    received = look_into(file)
    assert (received.size, received.codecs) == ((320, 180), ("h264", "aac"))
    assert len(received.frames) == sum(tag.is_frame for tag in tags) == 40
    assert [round(at - received.frames[0], 1) for at in received.keys] == [0.0, 2.0]
    assert received.frames[-1] - received.frames[0] == pytest.approx(3.9, abs=0.05)
    assert abs(received.sound[-1] - received.frames[-1]) < 0.3


def test_another_key_is_refused_without_being_named(tmp_path: Path) -> None:
    """By a server that answers as platforms do."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=refuse, args=(listener,))
        thread.start()
        with pytest.raises(RtmpError, match="the server refuses: no such stream") as refused:
            publish(Target("rtmp", "127.0.0.1", listener.getsockname()[1], "live", KEY), [])
        thread.join(timeout=90)
    assert KEY not in str(refused.value)
    assert MASK in str(refused.value)


def refuse(listener: socket.socket) -> None:
    """Shake hands, and answer the first command with an error that holds the key."""
    from server.stream import amf
    from server.stream.rtmp_chunks import COMMAND, Message, write_chunks

    connection, _ = listener.accept()
    with connection:
        connection.recv(1)
        left = 1536
        while left:
            left -= len(connection.recv(left))
        connection.sendall(bytes([3]) + bytes(2 * 1536))
        about = {"code": "NetConnection.Connect.Rejected", "description": f"no such stream: {KEY}"}
        connection.sendall(write_chunks(Message(COMMAND, amf.encode("_error", 1, None, about)), 3, 128))
        while connection.recv(65536):
            pass


def test_what_is_no_rtmp_server_is_said() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1537)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(3000))

        threading.Thread(target=answer).start()
        with pytest.raises(RtmpError, match="no RTMP server"):
            publish(Target("rtmp", "127.0.0.1", listener.getsockname()[1], "live", KEY), [])


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A certificate for localhost, which this process trusts, and its private key."""
    crt, key = tmp_path / "a.crt", tmp_path / "a.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(crt)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(crt))
    return crt, key


def test_rtmps_is_rtmp_inside_tls(tags: list[Tag], tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    plain_port, file = unused_port(), tmp_path / "received.mkv"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certificate))
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
        receiving(plain_port, "live", KEY, file) as server,
    ):
        wait_until(lambda: listening(plain_port))
        proxy = threading.Thread(target=forward, args=(listener, context, plain_port))
        proxy.start()
        publish(Target("rtmps", "localhost", listener.getsockname()[1], "live", KEY), tags)
        assert server.wait(timeout=90) == 0
        proxy.join(timeout=90)
    assert len(look_into(file).frames) == 40


def test_a_certificate_that_nobody_signed_is_refused(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certificate))
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def accept() -> None:
            connection, _ = listener.accept()
            with connection, pytest.raises(OSError, match=r"(?i)alert|eof|reset"):
                context.wrap_socket(connection, server_side=True).recv(1)

        thread = threading.Thread(target=accept)
        thread.start()
        with pytest.raises(RtmpError, match="certificate"):
            publish(Target("rtmps", "localhost", listener.getsockname()[1], "live", KEY), [])
        thread.join(timeout=90)


def listening(port: int) -> bool:
    """Whether a server listens, without connecting: ffmpeg takes the first connection for the stream."""
    return any(
        line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
    )


def forward(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """A TLS proxy for one connection."""
    accepted, _ = listener.accept()
    with (
        context.wrap_socket(accepted, server_side=True) as outside,
        socket.create_connection(("127.0.0.1", port)) as inside,
    ):

        def back() -> None:
            with suppress(OSError):  # either side may end first
                while data := inside.recv(65536):
                    outside.sendall(data)

        thread = threading.Thread(target=back)
        thread.start()
        with suppress(OSError):
            while data := outside.recv(65536):
                inside.sendall(data)
            inside.shutdown(socket.SHUT_WR)
        thread.join(timeout=90)
