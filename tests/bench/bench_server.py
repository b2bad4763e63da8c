"""How the server bears its viewers: 1,000 of them live, beside a naive server; 100 of them looking back.

    python tests/bench/bench_server.py [--viewers 1000] [--seconds 20] [--seekers 100] [--json FILE]

The server has one core, the viewers and everything else share the other; loopback, no TLS. A writer appends
one episode a second to the log, a projector follows. The delay of a live message runs from the event's
`recorded_at` in the log to the last byte at the viewer: projector, query, encoding and fan-out are all in it.
The naive server asks the same queries once a second for every viewer in that viewer's own task.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import os
import random
import re
import struct
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from tests.support.processes import is_listening, running, unused_port, wait_until
from tests.support.read_models import catch_up
from tests.support.synthetic import Scenario, write_synthetic_log

HERE = Path(__file__).parent
EVENT_TIME = re.compile(rb'"last_event_at":([0-9.]+)')
EPISODES = 10_000
SERVER_CORE, OTHER_CORES = {0}, set(os.sched_getaffinity(0)) - {0} or {0}


class LightViewer(asyncio.Protocol):
    """As little of a WebSocket client as can tell when a message is complete: a real one would cost more than
    the server that is measured, and its delay would be counted as the server's."""

    def __init__(self, received: list[tuple[float, bytes]]) -> None:
        self.received = received
        self.buffer = bytearray()
        self.open = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(random.randbytes(16))
        transport.write(
            b"GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        """Cut the stream into messages and note when each was complete."""
        now = time.time()
        self.buffer += data
        if not self.open.is_set():
            head, separator, rest = bytes(self.buffer).partition(b"\r\n\r\n")
            if not separator:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.buffer = bytearray(rest)
            self.open.set()
        while (frame := self._frame()) is not None:
            opcode, payload = frame
            if opcode == 9:
                self._send(10, payload)
            elif opcode == 1:
                self.received.append((now, payload))

    def _frame(self) -> tuple[int, bytes] | None:
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 127, 2
        if length == 126:
            if len(buffer) < 4:
                return None
            length, start = struct.unpack_from("!H", buffer, 2)[0], 4
        elif length == 127:
            if len(buffer) < 10:
                return None
            length, start = struct.unpack_from("!Q", buffer, 2)[0], 10
        if len(buffer) < start + length:
            return None
        frame = buffer[0] & 15, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return frame

    def _send(self, opcode: int, payload: bytes) -> None:
        # a mask of zeros is a valid mask, and costs nothing
        self.transport.write(bytes((128 | opcode, 128 | len(payload))) + bytes(4) + payload)


class Seeker:
    """As little of an HTTP client as can ask for one state after another on one connection."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def connect(self) -> None:
        """Open the connection."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def seek(self, episode: int) -> float:
        """Ask for a moment; how long the answer took, in seconds."""
        asked = time.perf_counter()
        self.writer.write(f"GET /api/state?episode={episode} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = re.search(rb"content-length: (\d+)", head)
        assert length is not None
        await self.reader.readexactly(int(length[1]))
        return time.perf_counter() - asked


def percentiles(delays: list[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum of delays in seconds, as milliseconds."""
    ordered = sorted(delays)
    at = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.99)]
    return {"p50_ms": 1000 * at[0], "p99_ms": 1000 * at[1], "max_ms": 1000 * ordered[-1]}


def make_run(folder: Path) -> None:
    """A run of 10,000 synthetic episodes, projected."""
    write_synthetic_log(folder / "events.db", Scenario(episodes=EPISODES))
    catch_up(folder)


async def append_episodes(folder: Path, stop: asyncio.Event) -> None:
    """Append the last episode of the log again once a second, at uneven moments, under new numbers."""
    import msgspec

    from core.codec import decode
    from core.events import AffordancesUsed, CellsVisited, EpisodeFinished, EpisodeTraced, RunResumed
    from core.log import EventLog, LogReader

    reader = LogReader(folder / "events.db")
    head = reader.head()
    newest = {type(event): event for event in map(decode, reader.read(head - 20, 20))}
    last_episode = [newest[kind] for kind in (EpisodeFinished, CellsVisited, AffordancesUsed, EpisodeTraced)]
    episode = last_episode[0].episode  # type: ignore[union-attr]
    log = EventLog(folder / "events.db")
    resumed = RunResumed(
        attempt=2 + len(log.milestones(RunResumed)),
        checkpoint=None,
        after_episode=episode,
        after_position=head,
        reason="restart",
        num_episodes=10 * EPISODES,
        config_hash="0" * 64,
    )
    log.append([resumed])
    while not stop.is_set():
        episode += 1
        log.append([msgspec.structs.replace(event, episode=episode) for event in last_episode])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), random.uniform(1.05, 1.35))
    log.close()


@contextlib.contextmanager
def pinned(command: Sequence[object], cores: set[int], port: int | None = None) -> Iterator[psutil.Process]:
    """A process of its own on `cores`, awaited until `port` answers, ended at the end."""
    with running(Path(os.devnull), *command) as process:
        os.sched_setaffinity(process.pid, cores)
        wait_until(lambda: process.poll() is not None or port is None or is_listening(port))
        if process.poll() is not None:
            raise SystemExit(f"{' '.join(map(str, command))} did not start")
        yield psutil.Process(process.pid)


async def connect(port: int, count: int) -> list[LightViewer]:
    """`count` viewers, each past its handshake and its first message."""
    loop = asyncio.get_running_loop()
    viewers = []
    for _ in range(count):
        _, viewer = await loop.create_connection(lambda: LightViewer([]), "127.0.0.1", port)
        await asyncio.wait_for(viewer.open.wait(), 10)
        viewers.append(viewer)
    return viewers


async def watch(
    folder: Path, port: int, server: psutil.Process, count: int, seconds: float
) -> dict[str, float]:
    """`count` viewers for `seconds`: how old an event is when it reaches them, and what the server spends."""
    viewers = await connect(port, count)
    stop = asyncio.Event()
    writer = asyncio.create_task(append_episodes(folder, stop))
    await asyncio.sleep(3)
    for viewer in viewers:
        viewer.received.clear()
    begun, spent = time.monotonic(), cpu_seconds(server)
    await asyncio.sleep(seconds)
    elapsed, spent = time.monotonic() - begun, cpu_seconds(server) - spent
    memory = server.memory_info().rss
    stop.set()
    await writer
    delays, messages = [], 0
    for viewer in viewers:
        shown = 0.0
        for at, payload in viewer.received:
            match = EVENT_TIME.search(payload)
            if payload.startswith(b'{"type":"state_update"') and match and float(match[1]) > shown:
                shown = float(match[1])
                delays.append(at - shown)
                messages += 1
        viewer.transport.close()
    return percentiles(delays) | {
        "states_per_viewer_per_second": messages / count / elapsed,
        "server_cpu_percent": 100 * spent / elapsed,
        "server_rss_mb": memory / 1e6,
    }


def cpu_seconds(process: psutil.Process) -> float:
    """Processor time of a process so far, seconds."""
    times = process.cpu_times()
    return float(times.user + times.system)


async def look_back(port: int, server: psutil.Process, count: int, seconds: float) -> dict[str, float]:
    """`count` viewers who each seek a random episode twice a second."""
    seekers = [Seeker(port) for _ in range(count)]
    for seeker in seekers:
        await seeker.connect()
    delays: list[float] = []
    until = time.monotonic() + seconds

    async def scrub(seeker: Seeker) -> None:
        await asyncio.sleep(random.uniform(0, 0.5))
        while time.monotonic() < until:
            delay = await seeker.seek(random.randint(1, EPISODES))
            delays.append(delay)
            await asyncio.sleep(max(0.0, random.uniform(0.4, 0.6) - delay))

    spent = cpu_seconds(server)
    await asyncio.gather(*map(scrub, seekers))
    spent = cpu_seconds(server) - spent
    for seeker in seekers:
        seeker.writer.close()
    return percentiles(delays) | {
        "seeks_per_second": len(delays) / seconds,
        "server_cpu_percent": 100 * spent / seconds,
    }


def measure(viewers: int, seconds: float, seekers: int) -> dict[str, dict[str, float]]:
    """All figures, server after server on the same run."""
    os.sched_setaffinity(0, OTHER_CORES)
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frontend = folder / "dist"
        frontend.mkdir()
        (frontend / "index.html").write_text("<!doctype html>")
        make_run(folder)
        ours, naive = unused_port(), unused_port()
        follow = ("projections", "run", "--run-dir", name)
        serve = ("server", "run", "--run-dir", name, "--port", ours, "--frontend", frontend)
        query_each = (sys.executable, HERE / "naive_server.py", name, naive)
        with pinned(follow, OTHER_CORES):
            with pinned(serve, SERVER_CORE, ours) as server:
                results[f"{viewers} live viewers"] = asyncio.run(
                    watch(folder, ours, server, viewers, seconds)
                )
                results[f"{seekers} viewers seeking"] = asyncio.run(look_back(ours, server, seekers, seconds))
            for count in (viewers // 10, viewers):
                with pinned(query_each, SERVER_CORE, naive) as server:
                    results[f"naive: {count} live viewers"] = asyncio.run(
                        watch(folder, naive, server, count, seconds)
                    )
    return results


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seekers", type=int, default=100)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    results = measure(arguments.viewers, arguments.seconds, arguments.seekers)
    for name, figures in results.items():
        print(f"{name:28}", "  ".join(f"{key} {value:.1f}" for key, value in figures.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
