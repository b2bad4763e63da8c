"""The messages of the WebSocket `/ws` in both directions: JSON text with the message's name in `type`.

The parts of a message are documented where they are defined, in `projections`; the types of the front end are
generated from here by `server schema`. Delivery is in `server.hub` and `server.viewer`.
"""

from typing import Literal, TypeAlias

import msgspec

from projections.readmodels.health import TrainerStatus
from projections.readmodels.run import Run
from projections.state import State

MAX_MESSAGE_BYTES = 4096
"""The longest message a viewer may send; a longer message closes the connection with code 1009."""

AlarmKind: TypeAlias = Literal[
    "projector_stopped",
    "projections_idle",
    "trainer_silent",
    "trainer_failed",
    "trainer_diverged",
    "trainer_memory",
    "server_memory",
    "disk_low",
    "stream_down",
]


class Disk(msgspec.Struct, frozen=True, kw_only=True):
    """Free space on the file system of the run, in bytes; `low`: less than `floor_bytes` are free."""

    free_bytes: int
    total_bytes: int
    floor_bytes: int
    low: bool


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Something that needs an operator's attention; viewing goes on meanwhile.

    `subject` is what is concerned: trainer, projections, a projector's name, server, disk or stream.
    `text` is one sentence.
    """

    kind: AlarmKind
    subject: str
    text: str


class ServerMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of the server's messages; `server_time` in Unix seconds, so that a page can tell its age."""

    server_time: float


class StateUpdate(ServerMessage, frozen=True, kw_only=True, tag="state_update"):
    """The newest state: at most once a second, when the read model has changed.

    `position` is the log position that the read model has reached; `state` is what `/api/state` answers.
    """

    position: int
    run: Run
    trainer: TrainerStatus
    state: State
    disk: Disk
    alarms: list[Alarm]


class Tick(ServerMessage, frozen=True, kw_only=True, tag="tick"):
    """Nothing has changed within the last second: the status of trainer, disk and alarms at `server_time`."""

    position: int
    trainer: TrainerStatus
    disk: Disk
    alarms: list[Alarm]


class Waiting(ServerMessage, frozen=True, kw_only=True, tag="waiting"):
    """There is no state yet; `reason` says what is missing."""

    reason: str


class Error(ServerMessage, frozen=True, kw_only=True, tag="error"):
    """A message of the viewer was not understood; the connection stays open."""

    message: str


class ClientMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of a viewer's messages."""


class Pause(ClientMessage, frozen=True, kw_only=True, tag="pause"):
    """Send no `state_update` and `tick` until `live`."""


class Live(ClientMessage, frozen=True, kw_only=True, tag="live"):
    """Send the newest state at once, and every update and tick from now on."""


AnyServerMessage: TypeAlias = StateUpdate | Tick | Waiting | Error
AnyClientMessage: TypeAlias = Pause | Live
