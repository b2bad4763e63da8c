"""The messages of the WebSocket `/ws`, both ways: JSON text, told apart by their field `type`.

What the parts mean is said in `projections.readmodels`; the front end's types are generated from here by
`server schema`. How messages travel is in `server.hub` and `server.viewer`.
"""

from typing import Annotated, TypeAlias

import msgspec

from core.definitions import Recovery
from core.events import Placement
from projections.readmodels.affordances import AffordanceGraph
from projections.readmodels.curriculum import StageProgress
from projections.readmodels.episodes import Metrics
from projections.readmodels.health import TrainerStatus
from projections.readmodels.run import Run
from projections.state import State

MAX_MESSAGE_BYTES = 4096
"""The longest message a viewer may send; a longer one closes the connection with code 1009."""

Request: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
EpisodeNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]


class Disk(msgspec.Struct, frozen=True, kw_only=True):
    """Room on the file system of the run, in bytes; `low`: under the floor, so no snapshots are written."""

    free_bytes: int
    total_bytes: int
    floor_bytes: int
    low: bool


class ServerMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of what the server says; `server_time` in Unix seconds, for telling how old a view is."""

    server_time: float


class StateUpdate(ServerMessage, frozen=True, kw_only=True, tag="state_update"):
    """The present: at most once a second, when the read model has changed.

    `position` is that of the log the read model stands at. `position_heatmap` is the mean number of steps
    per episode in each cell over the last 100 episodes, `[height][width]`, top row first;
    `novelty_heatmap` the mean RND prediction error over the same episodes. `server_memory_alarm` is to the
    server what the pulse's `memory_alarm` is to the trainer.
    """

    episode: int
    position: int
    metrics: Metrics
    position_heatmap: list[list[float]]
    novelty_heatmap: list[list[float]]
    affordance_graph: AffordanceGraph
    layout: list[Placement]
    stage: StageProgress
    mean_survival: float
    window: int
    recovery: Recovery
    checkpoint: str | None
    run: Run
    pulse: TrainerStatus
    disk: Disk
    server_memory_alarm: str


class Tick(ServerMessage, frozen=True, kw_only=True, tag="tick"):
    """Nothing new within the last second: the server lives, and this is how it and the trainer are."""

    position: int
    pulse: TrainerStatus
    disk: Disk
    server_memory_alarm: str


class Waiting(ServerMessage, frozen=True, kw_only=True, tag="waiting"):
    """There is nothing to show yet, and why."""

    reason: str


class StateAt(ServerMessage, frozen=True, kw_only=True, tag="state_at"):
    """The answer to `seek` number `request`; `state` is None when the present lineage has no such episode."""

    request: int
    episode: int
    state: State | None


class Error(ServerMessage, frozen=True, kw_only=True, tag="error"):
    """Something the viewer sent was not understood or cannot be answered; the connection lives on."""

    message: str
    request: int | None = None


class ClientMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of what a viewer says."""


class Seek(ClientMessage, frozen=True, kw_only=True, tag="seek"):
    """Show the state as of the end of `episode`; `request` is the viewer's own number for the answer.

    A viewer that seeks faster than it is answered gets the newest answer only.
    """

    episode: EpisodeNumber
    request: Request


class Pause(ClientMessage, frozen=True, kw_only=True, tag="pause"):
    """Send no more `state_update` and `tick` until `live` or `resume`."""


class Live(ClientMessage, frozen=True, kw_only=True, tag="live"):
    """Go on with the present; it is sent at once."""


class Resume(ClientMessage, frozen=True, kw_only=True, tag="resume"):
    """As `live`, but the state at `position` is on the screen already: send the present if it is another."""

    position: Count


AnyServerMessage: TypeAlias = StateUpdate | Tick | Waiting | StateAt | Error
AnyClientMessage: TypeAlias = Seek | Pause | Live | Resume
