"""The crowd of a soak: viewers who come, look, look back, dawdle, vanish, and come again.

Every kind has a constant number of places; whoever leaves one makes room for the next. Anything a viewer
should not have met is kept in `Crowd.complaints`.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

TIMEOUT_SECONDS = 30.0
"""Longer than this no viewer should wait for anything."""
METRICS = ("survival_time", "total_reward", "extrinsic_reward", "intrinsic_weight", "epsilon")
ONCE = ("/", "/api/run", "/api/gallery", "/healthz")
POLLED = (
    "/api/annotations",
    "/api/attempts",
    "/api/scorecard",
    "/api/behaviours",
    "/api/health",
    *(f"/api/series?metric={metric}" for metric in METRICS),
)
"""What an open dashboard asks for again and again."""


class Shown(msgspec.Struct):
    """As much of a state as a viewer here reads."""

    episode: int


class Head(msgspec.Struct):
    """As much of a message as a viewer here reads."""

    type: str
    position: int = 0
    state: Shown | None = None


class Receipt(msgspec.Struct, frozen=True):
    """A message reached a viewer `at` (Unix seconds) and brought the log from `before` to `position`."""

    before: int
    position: int
    at: float


class Crowd:
    """Viewers of the server at `address` ("127.0.0.1:8765"), and what became of them."""

    def __init__(self, address: str, seed: int = 0) -> None:
        self.address = address
        self.present = 0
        """WebSockets held open at the moment."""
        self.newest = 0
        """The newest episode any viewer has seen."""
        self.receipts: list[Receipt] = []
        self.round_trips: list[float] = []
        """Seconds that answers to `/healthz` took: a busy event loop shows here first."""
        self.seek_times: list[float] = []
        self.complaints: list[str] = []
        self.visits = dict.fromkeys(("live", "seeking", "slow", "vanishing", "history"), 0)
        self.requests = 0
        self._random = random.Random(seed)
        self._decode = msgspec.json.Decoder(Head).decode

    async def gather(self, places: dict[str, int]) -> None:
        """Keep so many viewers of each kind about, until cancelled."""
        kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "live": self._live,
            "seeking": self._seek,
            "slow": self._dawdle,
            "vanishing": self._vanish,
            "history": self._browse,
        }
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._probe())
            for kind, count in places.items():
                for _ in range(count):
                    tasks.create_task(self._fill_place(kind, kinds[kind]))

    async def _fill_place(self, kind: str, visit: Callable[[], Awaitable[None]]) -> None:
        """One viewer after another, with a short pause in between."""
        while True:
            await asyncio.sleep(self._random.uniform(0.0, 3.0))
            self.visits[kind] += 1
            try:
                await visit()
            except TimeoutError:
                self._complain(f"a {kind} viewer waited for more than {TIMEOUT_SECONDS:.0f} s")
            except (ConnectionClosed, InvalidMessage, OSError, httpx.HTTPError) as error:
                self._complain(f"a {kind} viewer lost its connection ({type(error).__name__}: {error})")

    def _complain(self, text: str) -> None:
        if len(self.complaints) < 100:
            self.complaints.append(f"{time.strftime('%H:%M:%S')} {text}")

    @contextlib.asynccontextmanager
    async def _connected(self, max_queue: int = 16) -> AsyncIterator[ClientConnection]:
        async with connect(
            f"ws://{self.address}/ws", open_timeout=TIMEOUT_SECONDS, compression=None, max_queue=max_queue
        ) as viewer:
            self.present += 1
            try:
                yield viewer
            finally:
                self.present -= 1

    async def _receive(self, viewer: ClientConnection) -> Head:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return self._decode(await viewer.recv())

    async def _live(self) -> None:
        """Watch for a minute or so, and note when each message came."""
        until = time.monotonic() + self._random.expovariate(1 / 60.0)
        async with self._connected() as viewer:
            before = 0
            while time.monotonic() < until:
                head = await self._receive(viewer)
                if head.state is not None:
                    self.newest = max(self.newest, head.state.episode)
                    if before:
                        self.receipts.append(Receipt(before, head.position, time.time()))
                    before = head.position

    async def _seek(self) -> None:
        """Drag the scrubber over all of history, twice a second, for half a minute."""
        address = f"http://{self.address}"
        async with (
            self._connected() as viewer,
            httpx.AsyncClient(base_url=address, timeout=TIMEOUT_SECONDS) as client,
        ):
            await viewer.send('{"type": "pause"}')
            for _ in range(60):
                asked = time.monotonic()
                await self._get(client, f"/api/state?episode={self._random.randint(1, max(1, self.newest))}")
                self.seek_times.append(time.monotonic() - asked)
                await asyncio.sleep(self._random.uniform(0.3, 0.7))

    async def _dawdle(self) -> None:
        """Take a message, then none for half a minute, then leave without a word."""
        async with self._connected(max_queue=1) as viewer:
            await self._receive(viewer)
            await asyncio.sleep(self._random.uniform(20.0, 40.0))
            viewer.transport.abort()

    async def _vanish(self) -> None:
        """Come and be cut off."""
        async with self._connected() as viewer:
            await asyncio.sleep(self._random.uniform(0.0, 2.0))
            viewer.transport.abort()

    async def _browse(self) -> None:
        """What an open page asks over HTTP: all of it at first, the changing part every ten seconds."""
        address = f"http://{self.address}"
        async with httpx.AsyncClient(base_url=address, timeout=TIMEOUT_SECONDS) as client:
            for path in ONCE:
                await self._get(client, path)
            for _ in range(self._random.randint(1, 6)):
                for path in POLLED:
                    await self._get(client, path)
                if self.newest:
                    episode = self._random.randint(1, self.newest)
                    await self._get(client, f"/api/replay/{episode}")
                    await self._get(client, f"/api/state?episode={episode}")
                await asyncio.sleep(10.0)

    async def _get(self, client: httpx.AsyncClient, path: str) -> None:
        answer = await client.get(path)
        self.requests += 1
        # before the first episode there is nothing to show, and the server says so
        if answer.status_code >= 400 and self.newest:
            self._complain(f"{path} answered {answer.status_code}: {answer.text[:200]}")

    async def _probe(self) -> None:
        """Ask for a trifle every second."""
        async with httpx.AsyncClient(base_url=f"http://{self.address}", timeout=TIMEOUT_SECONDS) as client:
            while True:
                asked = time.monotonic()
                try:
                    await client.get("/healthz")
                except httpx.HTTPError as error:
                    self._complain(f"/healthz was not answered ({type(error).__name__}: {error})")
                self.round_trips.append(time.monotonic() - asked)
                await asyncio.sleep(1.0)
