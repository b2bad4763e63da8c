"""The event catalogue: every fact a run can leave in its log.

Events are facts in the order they happened, never totals; projectors do the counting. Each is a frozen
struct with a stable name (`type`), a `version` and its units in its docstring. No torch, no pickle and no
absolute path in a payload. How events are stored is in `core.log`, how per-step data is packed in
`core.packing`.

Rules of evolution: a new field needs a default; a changed meaning needs a new version, an upcaster in
`core.upcasters` and a golden file beside the old ones; a new name needs an alias in `core.upcasters`. Every
golden file decodes for ever.
"""

from typing import Any, ClassVar, TypeAlias, get_args

import msgspec

from core.event_parts import CurriculumSummary, Placement, SavedFile, StageSummary, WorldMap

__all__ = [
    "CATALOGUE",
    "AffordancesRandomized",
    "AffordancesUsed",
    "AnyEvent",
    "CellsVisited",
    "CheckpointSaved",
    "CurriculumSummary",
    "EpisodeFinished",
    "EpisodeTraced",
    "Event",
    "ExplorationChanged",
    "Heartbeat",
    "Placement",
    "PolicyRecorded",
    "RunResumed",
    "RunStarted",
    "RunStopped",
    "SavedFile",
    "StageChanged",
    "StageSummary",
    "TrainingAnomaly",
    "WorldMap",
    "event_name",
]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all events: `version` is that of the payload's meaning, not of the program."""

    version: ClassVar[int] = 1


class RunStarted(Event, frozen=True, kw_only=True, tag="run_started"):
    """A run began: its whole configuration, the world as it stands at the start, and what it runs on.

    `run_id` names the run: 128 random bits, base32 in lower case without padding. `config_hash` is sha256
    over what decides the learning. `num_episodes` is the planned length, in episodes. `wages` gives the
    dollars that one use of an affordance pays, for the affordances that pay.

    A payload of version 1 has none of `run_id`, `curriculum` and `wages`, and old keys in `config`: `run_id`
    is then derived from the payload, `curriculum` and `wages` from `config`, whose keys are renamed.
    """

    version: ClassVar[int] = 2

    run_id: str
    seed: int
    num_episodes: int
    num_agents: int
    config_name: str
    config: dict[str, Any]
    config_hash: str
    world: WorldMap
    curriculum: CurriculumSummary
    wages: dict[str, float]
    packages: dict[str, str]
    device: str


class RunResumed(Event, frozen=True, kw_only=True, tag="run_resumed"):
    """A new attempt goes on from a checkpoint; what the earlier attempt did beyond it is superseded.

    Superseded are all events with `after_position < position < this event's position`, so all episodes
    later than `after_episode`; they stay in the log. `checkpoint` is a file name, or None when the attempt
    begins anew because there was none yet. `attempt` counts from 2. `reason` is "restart" or "anomaly".
    `config_changes` maps a key's full name to [old, new] where the operator accepted a changed configuration.

    `packages` and `device` say what the new attempt runs on. `exact` says whether the attempt repeats
    bit for bit what an uninterrupted run would have done, `inexact_because` gives the reason if not. All four
    are empty (`exact`: None) in events written before these fields existed. Version 1 has old keys in
    `config_changes`, which are renamed.
    """

    version: ClassVar[int] = 2

    attempt: int
    checkpoint: str | None
    after_episode: int
    after_position: int
    reason: str
    num_episodes: int
    config_hash: str
    config_changes: dict[str, tuple[Any, Any]] = {}
    packages: dict[str, str] = {}
    device: str = ""
    exact: bool | None = None
    inexact_because: str = ""


class EpisodeFinished(Event, frozen=True, kw_only=True, tag="episode_finished"):
    """One episode of one agent ended; episodes of all agents are numbered from 1 in order of completion.

    `survival_time` in steps. `extrinsic_reward` and `intrinsic_reward` are sums over the steps of the episode
    (intrinsic normalised, unweighted); `total_reward` = sum(extrinsic + weight * intrinsic) with the weight
    of each step. `born_stage` is the stage, from 1, in which the episode began; `curriculum_stage` (from 1),
    `intrinsic_weight` and `epsilon` are as of its end. `cause` is the vital meter that reached 0, or "limit".
    `vector_step` counts steps of all agents together since the run began.

    A payload of version 1 has no `born_stage`: it is then `curriculum_stage`, which differs for the few
    episodes that were in progress when the curriculum moved.
    """

    version: ClassVar[int] = 2

    episode: int
    agent: int
    survival_time: int
    total_reward: float
    extrinsic_reward: float
    intrinsic_reward: float
    intrinsic_weight: float
    born_stage: int
    curriculum_stage: int
    epsilon: float
    cause: str
    vector_step: int


class CellsVisited(Event, frozen=True, kw_only=True, tag="cells_visited"):
    """The path of an episode, and how novel each cell of the town was when the episode ended.

    `path` is packed by `pack_indices`: the cell after each step, `[survival_time]`; `start_cell` is the cell
    before the first step. `novelty` is packed by `pack_novelty`: prediction error of random network
    distillation per cell, `[cells]`, unitless.
    """

    episode: int
    start_cell: int
    path: bytes
    novelty: bytes


class AffordancesUsed(Event, frozen=True, kw_only=True, tag="affordances_used"):
    """The affordances used in an episode (interactions that took effect), in order, with steps from 1.

    Logs of before call this event `transitions_made`.
    """

    episode: int
    affordances: tuple[str, ...]
    steps: tuple[int, ...]


class EpisodeTraced(Event, frozen=True, kw_only=True, tag="episode_traced"):
    """An episode step by step, for a replay; `recording.trace_every` in the configuration thins these out.

    `actions` is packed by `pack_indices`, `[survival_time]`; `meters` by `pack_meters`,
    `[survival_time + 1, meters]`: before the first step and after each. Logs of before call this event
    `vitals_traced`.
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
    """The intrinsic weight was annealed or raised again, and why.

    `reason` is "annealing" (its gate opened, or the weight fell noticeably), "paused" (its gate closed) or
    "drop" (mean survival fell far below its slow reference), "recovered" or "given_up" (after a drop).
    `decided_by` as in `StageChanged`. Version 1 says "surprise" instead of "drop".
    """

    version: ClassVar[int] = 2

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


class CheckpointSaved(Event, frozen=True, kw_only=True, tag="checkpoint_saved"):
    """A checkpoint is safely on disk.

    It stands for the log up to and including `position`, which ends with `episode`. The replay buffer is a
    file of its own, kept for the newest few checkpoints only.
    """

    episode: int
    position: int
    checkpoint: SavedFile
    replay: SavedFile | None


class PolicyRecorded(Event, frozen=True, kw_only=True, tag="policy_recorded"):
    """The Q-network of a checkpoint, so that any reader of the log can compute what the agents would do.

    It stands for the log up to and including `position`, which ends with `episode`, as the checkpoint file
    `checkpoint` does; it may be appended at any later time. `layer_sizes` are the widths of the input, of the
    hidden layers and of the output, one value per action. The input is 1 at the agent's cell (of `cells`),
    then the `meters` (0 to 1), then 1 at the affordance in that cell (of `affordances`; the last place:
    none). `weights` is packed by `pack_weights`.
    """

    episode: int
    position: int
    checkpoint: str
    layer_sizes: tuple[int, ...]
    cells: int
    meters: tuple[str, ...]
    affordances: tuple[str, ...]
    weights: bytes


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
    | AffordancesUsed
    | EpisodeTraced
    | StageChanged
    | ExplorationChanged
    | AffordancesRandomized
    | CheckpointSaved
    | PolicyRecorded
    | Heartbeat
    | TrainingAnomaly
    | RunStopped
)

CATALOGUE: tuple[type[Event], ...] = get_args(AnyEvent)
"""Every event type there is, in the order of the catalogue."""


def event_name(event_type: type[Event]) -> str:
    """The stable name of an event type, as in the log's `type` column."""
    return str(event_type.__struct_config__.tag)
