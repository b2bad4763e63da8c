"""The event catalogue: every fact a run can leave in its log.

Events are facts in the order they happened, never totals; projectors do the counting. Each is a frozen
struct with a stable name (`type`), a `version` and its units in its docstring. No torch, no pickle and no
absolute path in a payload. How events are stored is in `core.log`, how per-step data is packed in
`core.packing`.

Rules of evolution: a new field needs a default; a changed meaning needs a new version, an upcaster in
`core.upcasters` and a golden file beside the old ones, which must decode for ever.
"""

from typing import Any, ClassVar, TypeAlias, get_args

import msgspec


class Placement(msgspec.Struct, frozen=True):
    """Where an affordance stands: column `x` from the left, row `y` from the top, both from 0."""

    name: str
    x: int
    y: int


class WorldMap(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader must know of the town to draw it; a cell's index is `y * width + x`.

    `meters` are in the order of every meter vector in the log; `vital_meters` kill at 0.
    `meter_full_scale` gives what a meter's 1.0 means to a reader ({"money": 100.0} is $100);
    meters not named there are fractions.
    """

    width: int
    height: int
    meters: tuple[str, ...]
    vital_meters: tuple[str, ...]
    affordances: tuple[Placement, ...]
    actions: tuple[str, ...]
    max_steps: int
    meter_full_scale: dict[str, float] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all events: `version` is that of the payload's meaning, not of the program."""

    version: ClassVar[int] = 1


class RunStarted(Event, frozen=True, kw_only=True, tag="run_started"):
    """A run began: its whole configuration, the world as it stands at the start, and what it runs on.

    `config_hash` is sha256 over what decides the learning; `num_episodes` is the planned length, episodes.
    """

    seed: int
    num_episodes: int
    num_agents: int
    config_name: str
    config: dict[str, Any]
    config_hash: str
    world: WorldMap
    packages: dict[str, str]
    device: str


class RunResumed(Event, frozen=True, kw_only=True, tag="run_resumed"):
    """A new attempt goes on from a checkpoint; what the earlier attempt did beyond it is superseded.

    Superseded are all events with `after_position < position < this event's position`, so all episodes
    later than `after_episode`; they stay in the log. `checkpoint` is a file name, or None when the attempt
    begins anew because there was none yet. `attempt` counts from 2. `reason` is "restart" or "anomaly".
    `config_changes` maps a key's full name to [old, new] where the operator accepted a changed configuration.
    """

    attempt: int
    checkpoint: str | None
    after_episode: int
    after_position: int
    reason: str
    num_episodes: int
    config_hash: str
    config_changes: dict[str, tuple[Any, Any]] = {}


class EpisodeFinished(Event, frozen=True, kw_only=True, tag="episode_finished"):
    """One life of one agent ended; lives of all agents are numbered from 1 in order of completion.

    `survival_time` in steps. `extrinsic_reward` and `intrinsic_reward` are sums over the life's steps
    (intrinsic normalised, unweighted); `total_reward` = sum(extrinsic + weight * intrinsic) with each step's
    weight. `curriculum_stage` (1 to 5), `intrinsic_weight` and `epsilon` as of its end. `cause` is the meter
    it died of, or "limit". `vector_step` counts steps of all agents together since the run began.
    """

    episode: int
    agent: int
    survival_time: int
    total_reward: float
    extrinsic_reward: float
    intrinsic_reward: float
    intrinsic_weight: float
    curriculum_stage: int
    epsilon: float
    cause: str
    vector_step: int


class CellsVisited(Event, frozen=True, kw_only=True, tag="cells_visited"):
    """The path of a life, and how novel each cell of the town was when it ended.

    `path` is packed by `pack_indices`: the cell after each step, `[survival_time]`; `start_cell` is where the
    life began. `novelty` is packed by `pack_novelty`: RND prediction error per cell, `[cells]`, unitless.
    """

    episode: int
    start_cell: int
    path: bytes
    novelty: bytes


class TransitionsMade(Event, frozen=True, kw_only=True, tag="transitions_made"):
    """The affordances a life used (an interaction that took effect), in order, each with its step from 1."""

    episode: int
    affordances: tuple[str, ...]
    steps: tuple[int, ...]


class VitalsTraced(Event, frozen=True, kw_only=True, tag="vitals_traced"):
    """A life step by step, for watching it again; `trace_every` in the configuration thins these out.

    `actions` is packed by `pack_indices`, `[survival_time]`; `meters` by `pack_meters`,
    `[survival_time + 1, meters]`: before the first step and after each.
    """

    episode: int
    actions: bytes
    meters: bytes


class StageChanged(Event, frozen=True, kw_only=True, tag="stage_changed"):
    """The curriculum moved; `agent` is None when the whole population did.

    `episode` is the last finished one; `decided_by` holds the numbers compared and their thresholds.
    """

    episode: int
    agent: int | None
    from_stage: int
    to_stage: int
    decided_by: dict[str, float]


class ExplorationChanged(Event, frozen=True, kw_only=True, tag="exploration_changed"):
    """Curiosity was annealed or re-heated, and why.

    `reason` is "annealing" (its gate opened, or the weight fell noticeably), "paused" (its gate closed) or
    "surprise" (survival fell far below its slow reference), "recovered" or "given_up" (what followed one).
    `decided_by` as in `StageChanged`.
    """

    episode: int
    reason: str
    intrinsic_weight_before: float
    intrinsic_weight_after: float
    epsilon_before: float
    epsilon_after: float
    decided_by: dict[str, float]


class AffordancesRandomized(Event, frozen=True, kw_only=True, tag="affordances_randomized"):
    """Every affordance was moved, to see whether the agent recovers; `episode` is the last finished one."""

    episode: int
    seed: int
    old: tuple[Placement, ...]
    new: tuple[Placement, ...]


class SavedFile(msgspec.Struct, frozen=True):
    """A file of a checkpoint: name in the checkpoint directory, sha256 (hex) and size in bytes."""

    name: str
    sha256: str
    bytes: int


class CheckpointSaved(Event, frozen=True, kw_only=True, tag="checkpoint_saved"):
    """A checkpoint is safely on disk.

    It stands for the log up to and including `position`, which ends with `episode`. The replay buffer is a
    file of its own, kept for the newest few checkpoints only.
    """

    episode: int
    position: int
    checkpoint: SavedFile
    replay: SavedFile | None


class Heartbeat(Event, frozen=True, kw_only=True, tag="heartbeat"):
    """The trainer is alive: speed and health at an episode.

    `agent_steps_per_second` since the last heartbeat; `loss` is the mean Huber loss of an update since then,
    `mean_q` the mean greedy value, `gradient_norm` the L2 norm before clipping; `rss_bytes` and
    `device_memory_bytes` (0 on a CPU) in bytes; `replay_fill` from 0 to 1; `updates` counts gradient steps.
    `rss_limit_bytes` is what the process may use (0: not told), `rss_bytes_per_hour` the slope of its last
    hour (None: too early), `memory_alarm` a sentence if that endangers the limit, empty if not.
    """

    episode: int
    vector_step: int
    updates: int
    agent_steps_per_second: float
    loss: float
    mean_q: float
    gradient_norm: float
    rss_bytes: int
    device_memory_bytes: int
    replay_fill: float
    rss_limit_bytes: int = 0
    rss_bytes_per_hour: float | None = None
    memory_alarm: str = ""


class TrainingAnomaly(Event, frozen=True, kw_only=True, tag="training_anomaly"):
    """NaN or Inf was seen, and what was done about it.

    `where` is "loss", "gradients", "weights" or "intrinsic reward".

    `action` is "restored" (from the file `checkpoint`) or "stopped"; `occurrence` counts from 1.
    """

    episode: int
    where: str
    action: str
    checkpoint: str | None
    occurrence: int


class RunStopped(Event, frozen=True, kw_only=True, tag="run_stopped"):
    """The trainer ended on purpose: `reason` is "completed", "signal" or "error", `detail` says more."""

    episode: int
    reason: str
    detail: str = ""


AnyEvent: TypeAlias = (
    RunStarted
    | RunResumed
    | EpisodeFinished
    | CellsVisited
    | TransitionsMade
    | VitalsTraced
    | StageChanged
    | ExplorationChanged
    | AffordancesRandomized
    | CheckpointSaved
    | Heartbeat
    | TrainingAnomaly
    | RunStopped
)

CATALOGUE: tuple[type[Event], ...] = get_args(AnyEvent)
"""Every event type there is, in the order of the catalogue."""


def event_name(event_type: type[Event]) -> str:
    """The stable name of an event type, as in the log's `type` column."""
    return str(event_type.__struct_config__.tag)
