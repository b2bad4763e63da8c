"""Peers that are slow, talk too much or speak no HTTP, by raw bytes; and everybody else meanwhile."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from core.process.memory import MemorySettings
from core.run_directory import in_folder
from server import request_limits
from server.app import create_app
from server.process import configure, listen
from server.security import TRANSPORT_HEADERS
from server.settings import ServerSettings

Address = tuple[str, int]


@contextmanager
def served(run_dir: Path, dist: Path, max_viewers: int = 10) -> Iterator[Address]:
    """A server in this process, so that its limits can be made small."""
    listener = listen("127.0.0.1", 0)
    settings = ServerSettings(
        run=in_folder(run_dir),
        frontend=dist,
        allowed_origins=(),
        max_viewers=max_viewers,
        disk_floor_bytes=0,
        memory=MemorySettings(2**40),
    )
    server = uvicorn.Server(configure(create_app(settings), settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(timeout=120)
        assert not thread.is_alive()
        listener.close()


def answer(peer: socket.socket) -> bytes:
    """Everything until the server closes."""
    said = b""
    while chunk := peer.recv(65536):
        said += chunk
    return said


def connected(address: Address) -> socket.socket:
    return socket.create_connection(address, timeout=120)


def say_for_long(peer: socket.socket) -> None:
    for _ in range(1000):
        peer.sendall(b"a" * 65536)


def is_served(address: Address) -> bool:
    return httpx.get(f"http://{address[0]}:{address[1]}/api/run", timeout=120).status_code == 200


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nno",
    ],
    ids=["silent", "half a line", "half a header", "half a body"],
)
def test_who_does_not_finish_a_request_is_cut_off(
    synthetic_run: Path, dist: Path, monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(request_limits, "REQUEST_SECONDS", 2.0)
    with served(synthetic_run, dist) as address, connected(address) as peer:
        peer.sendall(beginning)
        assert not answer(peer).startswith(b"HTTP/1.1 200")
        assert is_served(address)


def test_a_request_that_comes_slowly_after_another_is_cut_off_too(
    synthetic_run: Path, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_limits, "REQUEST_SECONDS", 2.0)
    with served(synthetic_run, dist) as address, connected(address) as peer:
        peer.sendall(b"GET /api/run HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: ")
        said = answer(peer)
        assert said.count(b"HTTP/1.1 200") == said.count(b"HTTP/1.1") == 1


def test_a_viewer_is_not_cut_off(synthetic_run: Path, dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_limits, "REQUEST_SECONDS", 2.0)
    with served(synthetic_run, dist) as address, connected(address) as viewer:
        viewer.sendall(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        said = b""
        while said.count(b'"type":"tick"') < 3:  # one a second
            said += viewer.recv(65536)
        assert said.startswith(b"HTTP/1.1 101")


@pytest.mark.parametrize("beginning", [b"GET /", b"GET / HTTP/1.1\r\nX-Long: "], ids=["address", "header"])
def test_a_request_without_end_is_refused(synthetic_run: Path, dist: Path, beginning: bytes) -> None:
    with served(synthetic_run, dist) as address, connected(address) as peer:
        peer.sendall(beginning)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            say_for_long(peer)
        assert is_served(address)


def test_even_what_is_no_http_is_answered_with_the_security_headers(synthetic_run: Path, dist: Path) -> None:
    with served(synthetic_run, dist) as address, connected(address) as peer:
        peer.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        said = answer(peer).decode()
    assert said.startswith("HTTP/1.1 400 ")
    for name, value in TRANSPORT_HEADERS:
        assert f"\r\n{name}: {value}\r\n" in said


def test_too_many_connections_are_refused_with_503_until_some_are_gone(
    synthetic_run: Path, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # half of them are places for who is no viewer
    monkeypatch.setattr("server.process.SPARE_FILES", 20)
    with served(synthetic_run, dist, max_viewers=5) as address:
        peers = [connected(address) for _ in range(30)]
        refused = httpx.get(f"http://{address[0]}:{address[1]}/api/run", timeout=120)
        assert refused.status_code == 503
        assert refused.headers["x-content-type-options"] == "nosniff"
        for peer in peers:
            peer.close()
        assert any(is_served(address) for _ in range(100))
