"""The present, once a second: one batch of queries and one encoding, whatever the number of viewers.

The read model is looked at often and cheaply, so that a change reaches the viewers within a twentieth of a
second; full messages go out at most once a second, and a sign of life when nothing changed for that long.
Who gets them is the business of `server.hub`.
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
from projections.readmodels.health import TrainerStatus, read_trainer_status
from projections.readmodels.run import Run, read_run
from projections.state import State, read_state
from server.async_read_model import AsyncReadModel
from server.disk import room
from server.hub import Hub, Published
from server.messages import AnyServerMessage, Disk, StateUpdate, Tick, Waiting

UPDATE_SECONDS = 1.0
POLL_SECONDS = 0.05
WATCHDOG_SECONDS = 5.0
"""How often the supervisor is told that the feed still runs."""
PATIENCE_SECONDS = 10.0
"""How long a read model may be away (being replaced) before the viewers are told to wait for it."""

logger = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()


class Moment(msgspec.Struct, frozen=True):
    """One consistent look at the read model."""

    run: Run
    pulse: TrainerStatus
    state: State


def observe(connection: apsw.Connection) -> Moment | str:
    """The newest state, or what is missing for one."""
    run, pulse = read_run(connection), read_trainer_status(connection)
    if run is None or pulse is None:
        return "the run has not started yet"
    state = read_state(connection)
    if state is None:
        return "no episode has finished yet"
    return Moment(run, pulse, state)


class Present(msgspec.Struct):
    """What the feed knows now, for `/healthz` and `/metrics`.

    `moment` is the last one seen; `trouble` says what is missing at present, empty when nothing is.
    `looked_at` is the monotonic time of the last look that found a state, seconds. `disk` and `memory` (the
    server's own) are as of the last message.
    """

    moment: Moment | None = None
    disk: Disk | None = None
    memory: Memory | None = None
    trouble: str = "the server has only just started"
    looked_at: float = float("-inf")


class LiveFeed:
    """Looks at the read model and publishes to the hub for as long as `run` runs."""

    def __init__(
        self,
        read_model: AsyncReadModel,
        hub: Hub,
        run: RunDirectory,
        disk_floor_bytes: int,
        memory: MemorySettings,
    ) -> None:
        self.present = Present()
        self._read_model = read_model
        self._hub = hub
        self._folder = run.read_model.parent
        self._disk_floor_bytes = disk_floor_bytes
        self._memory_watch = MemoryWatch(memory, lambda alarm: logger.warning("%s", alarm))
        self._stamp: Hashable = None
        self._published_at = float("-inf")
        self._said_at = float("-inf")
        self._reported_at = float("-inf")

    async def run(self) -> None:
        """Look and publish until cancelled."""
        while True:
            await self.step(time.monotonic())
            await anyio.sleep(POLL_SECONDS)

    async def step(self, now: float) -> None:
        """One look at the monotonic time `now`, seconds, and what follows from it."""
        try:
            if now - self._published_at >= UPDATE_SECONDS:
                await self._look(now)
        except (HamletError, apsw.Error) as error:
            self._note_trouble(str(error))
        if now - self._said_at >= UPDATE_SECONDS:
            self._said_at = now
            self._give_sign_of_life(now)
        if now - self._reported_at >= WATCHDOG_SECONDS:
            self._reported_at = now
            notify(WATCHDOG="1", STATUS=self._status())

    async def _look(self, now: float) -> None:
        """Publish the newest state if it is another than at the last look."""
        stamp = await self._read_model.change_stamp()
        if stamp != self._stamp:
            seen = await self._read_model.query(observe)
            self._stamp = stamp
            if isinstance(seen, str):
                self._note_trouble(seen)
            else:
                self._note_trouble("")
                self._show(seen, now)
        if not self.present.trouble:
            self.present.looked_at = now

    def _show(self, moment: Moment, now: float) -> None:
        # the projections also commit a sign of life of their own, which is no news
        if moment != self.present.moment:
            self.present.moment = moment
            self._published_at = self._said_at = now
            position = moment.pulse.position
            self._hub.publish(Published(self._encode(moment), position))

    def _note_trouble(self, trouble: str) -> None:
        if trouble and trouble != self.present.trouble:
            logger.info("waiting: %s", trouble)
        self.present.trouble = trouble

    def _give_sign_of_life(self, now: float) -> None:
        moment, trouble = self.present.moment, self.present.trouble
        if moment is not None and now - self.present.looked_at < PATIENCE_SECONDS:
            position, disk, memory = moment.pulse.position, self._look_at_disk(), self._look_at_memory()
            tick = Tick(
                server_time=time.time(),
                position=position,
                pulse=moment.pulse,
                disk=disk,
                server_memory_alarm=memory.alarm,
            )
            self._hub.tick(_encode(tick))
            # who joins now is to get this state with the present time on it
            self._hub.renew(Published(encode_state(moment, disk, memory.alarm), position))
        else:
            self.present.moment = self._stamp = None
            self._hub.publish(Published(_encode(Waiting(server_time=time.time(), reason=trouble)), None))

    def _status(self) -> str:
        if self.present.moment is None:
            return f"waiting: {self.present.trouble}"
        return f"episode {self.present.moment.state.episode}, {len(self._hub.viewers)} viewers"

    def _encode(self, moment: Moment) -> str:
        return encode_state(moment, self._look_at_disk(), self._look_at_memory().alarm)

    def _look_at_disk(self) -> Disk:
        disk = self.present.disk = room(self._folder, self._disk_floor_bytes)
        return disk

    def _look_at_memory(self) -> Memory:
        memory = self.present.memory = self._memory_watch.look()
        return memory


def encode_state(moment: Moment, disk: Disk, server_memory_alarm: str = "") -> str:
    """The message that shows a moment."""
    state = moment.state
    return _encode(
        StateUpdate(
            server_time=time.time(),
            episode=state.episode,
            position=moment.pulse.position,
            metrics=state.metrics,
            position_heatmap=state.heatmap.visits,
            novelty_heatmap=state.heatmap.novelty,
            affordance_graph=state.affordance_graph,
            layout=state.layout,
            stage=state.stage,
            mean_survival=state.mean_survival,
            window=state.window,
            recovery=state.recovery,
            checkpoint=state.checkpoint,
            run=moment.run,
            pulse=moment.pulse,
            disk=disk,
            server_memory_alarm=server_memory_alarm,
        )
    )


def _encode(message: AnyServerMessage) -> str:
    return _encoder.encode(message).decode()
