"""The newest state, once a second: one batch of queries and one encoding, whatever the number of viewers.

The feed checks the read model twenty times a second, which costs no table access, so a change reaches the
viewers within a twentieth of a second. Full messages go out at most once a second, and a tick when nothing
has changed for a second. Delivery is in `server.hub`.
"""

import logging
import time
from collections.abc import Hashable

import anyio
import apsw
import msgspec

from core.errors import HamletError
from core.process.memory import Memory, MemorySettings, MemoryWatch
from core.process.notify import notify
from core.run_directory import RunDirectory
from projections.engine.status import ProjectorStatus, read_projectors
from projections.readmodels.health import TrainerStatus, read_trainer_status
from projections.readmodels.run import Run, read_run
from projections.state import State, read_state
from server.alarms import find_alarms
from server.async_read_model import AsyncReadModel
from server.disk import room
from server.hub import Hub
from server.messages import Alarm, AnyServerMessage, Disk, StateUpdate, Tick, Waiting
from server.stream.status import StreamStatus, read_status

UPDATE_SECONDS = 1.0
POLL_SECONDS = 0.05
WATCHDOG_SECONDS = 5.0
"""Interval of the notifications to the supervisor."""
GRACE_SECONDS = 10.0
"""How long a read model may be missing (while it is replaced) before viewers get a `waiting` message."""

logger = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()


class LiveState(msgspec.Struct, frozen=True):
    """The newest state, read in one transaction."""

    run: Run
    trainer: TrainerStatus
    state: State


class LiveReading(msgspec.Struct, frozen=True):
    """What one read of the read model found; `missing` says why there is no `live` state."""

    live: LiveState | None
    missing: str
    projectors: list[ProjectorStatus]


def read_live_state(connection: apsw.Connection) -> LiveReading:
    """The newest state and the projectors' progress."""
    projectors = read_projectors(connection)
    run, trainer = read_run(connection), read_trainer_status(connection)
    if run is None or trainer is None:
        return LiveReading(None, "the run has not started yet", projectors)
    state = read_state(connection)
    if state is None:
        return LiveReading(None, "no episode has finished yet", projectors)
    return LiveReading(LiveState(run, trainer, state), "", projectors)


class FeedStatus(msgspec.Struct):
    """What the feed knows at present, for `/healthz` and `/metrics`.

    `live` is the last state read; `missing` says why there is none at present, empty when there is one.
    `read_at` is the monotonic time of the last successful check, `projectors_read_at` of the last read of
    `projectors`, seconds. `disk`, `memory` (the server's own) and `stream` are as of the last message.
    """

    live: LiveState | None = None
    projectors: list[ProjectorStatus] = []
    projectors_read_at: float = 0.0
    disk: Disk | None = None
    memory: Memory | None = None
    stream: StreamStatus | None = None
    missing: str = "the server has only just started"
    read_at: float = float("-inf")

    def projectors_idle(self) -> float:
        """Seconds since a projector committed last; 0 where that is not known."""
        ages = [projector.age for projector in self.projectors if projector.age is not None]
        return min(ages) + time.monotonic() - self.projectors_read_at if ages else 0.0

    def alarms(self) -> list[Alarm]:
        """All alarms at present."""
        trainer, idle = self.live.trainer if self.live is not None else None, self.projectors_idle()
        now = time.time()
        return find_alarms(trainer, self.projectors, idle, self.disk, self.memory, now, self.stream)


class LiveFeed:
    """Reads the newest state and publishes it to the hub for as long as `run` runs."""

    def __init__(
        self,
        read_model: AsyncReadModel,
        hub: Hub,
        run: RunDirectory,
        disk_floor_bytes: int,
        memory: MemorySettings,
        supervised: bool = True,
    ) -> None:
        """`supervised`: the supervisor of the process hears of this feed."""
        self.status = FeedStatus()
        self._supervised = supervised
        self._read_model = read_model
        self._hub = hub
        self._folder = run.read_model.parent
        self._snapshots = run.snapshots
        self._disk_floor_bytes = disk_floor_bytes
        self._memory_watch = MemoryWatch(memory, lambda alarm: logger.warning("%s", alarm))
        self._change_stamp: Hashable = None
        self._updated_at = float("-inf")
        self._sent_at = float("-inf")
        self._notified_at = float("-inf")

    async def run(self) -> None:
        """Read and publish until cancelled."""
        while True:
            await self.step(time.monotonic())
            await anyio.sleep(POLL_SECONDS)

    async def step(self, now: float) -> None:
        """Check once at the monotonic time `now`, seconds, and send the messages that are due."""
        try:
            if now - self._updated_at >= UPDATE_SECONDS:
                await self._check(now)
        except (HamletError, apsw.Error) as error:
            self._set_missing(str(error))
        if now - self._sent_at >= UPDATE_SECONDS:
            self._sent_at = now
            self._send_tick(now)
        if self._supervised and now - self._notified_at >= WATCHDOG_SECONDS:
            self._notified_at = now
            notify(WATCHDOG="1", STATUS=self._status_line())

    async def _check(self, now: float) -> None:
        """Publish the newest state if the read model has changed since the last check."""
        stamp = await self._read_model.change_stamp()
        if stamp != self._change_stamp:
            reading = await self._read_model.query(read_live_state)
            self._change_stamp = stamp
            self.status.projectors, self.status.projectors_read_at = reading.projectors, time.monotonic()
            self._set_missing(reading.missing)
            # the projectors' regular commits change the file, but not necessarily the state
            if reading.live is not None and reading.live != self.status.live:
                self.status.live = reading.live
                self._updated_at = self._sent_at = now
                self._hub.publish(encode_update(reading.live, self._tick(reading.live)))
        if not self.status.missing:
            self.status.read_at = now

    def _set_missing(self, missing: str) -> None:
        if missing and missing != self.status.missing:
            logger.info("waiting: %s", missing)
        self.status.missing = missing

    def _send_tick(self, now: float) -> None:
        live, missing = self.status.live, self.status.missing
        if live is not None and now - self.status.read_at < GRACE_SECONDS:
            tick = self._tick(live)
            self._hub.publish_tick(_encode(tick))
            # viewers that connect from now on get the same state with the present time
            self._hub.replace_current(encode_update(live, tick))
        else:
            self.status.live = self._change_stamp = None
            self._hub.publish(_encode(Waiting(server_time=time.time(), reason=missing)))

    def _tick(self, live: LiveState) -> Tick:
        disk = self.status.disk = room(self._folder, self._disk_floor_bytes)
        self.status.memory = self._memory_watch.measure()
        self.status.stream = read_status(self._snapshots)
        return Tick(
            server_time=time.time(),
            position=live.trainer.position,
            trainer=live.trainer,
            disk=disk,
            alarms=self.status.alarms(),
        )

    def _status_line(self) -> str:
        if self.status.live is None:
            return f"waiting: {self.status.missing}"
        return f"episode {self.status.live.state.episode}, {len(self._hub.viewers)} viewers"


def encode_update(live: LiveState, tick: Tick) -> str:
    """The message that shows a state, with trainer, disk and alarms as in `tick`."""
    return _encode(
        StateUpdate(
            server_time=tick.server_time,
            position=tick.position,
            run=live.run,
            trainer=tick.trainer,
            state=live.state,
            disk=tick.disk,
            alarms=tick.alarms,
        )
    )


def _encode(message: AnyServerMessage) -> str:
    return _encoder.encode(message).decode()
