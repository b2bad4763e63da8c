"""The events of the run itself: its attempts, checkpoints, health and end."""

from typing import Any, ClassVar

import msgspec

from core.events.base import Event
from core.events.parts import CurriculumSummary, Placement, SavedFile, StageBaseline, WorldMap


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
    config_changes: dict[str, tuple[Any, Any]] = msgspec.field(default_factory=dict)
    packages: dict[str, str] = msgspec.field(default_factory=dict)
    device: str = ""
    exact: bool | None = None
    inexact_because: str = ""


class RunBranched(Event, frozen=True, kw_only=True, tag="run_branched"):
    """From here on the log is that of a branch: another run with the same history up to here.

    All events before this one are those of the parent, the run `parent_run_id`, up to and including
    `position`, which ends with `episode`; `digest` (hexadecimal) is the digest of the parent's event there.
    `run_id` names the branch, from here on and for the whole log: `run_started` is the parent's.

    `changes` maps a key's full name to [old, new] where the configuration was changed. `layout` says where
    every affordance stands from here on, and `layout_seed` the seed that drew those cells; both are None
    where no affordance moved, `layout_seed` also where a file gave the layout. `seed` is the seed of all
    random numbers from here on, None where the parent's go on. `future` numbers the branches of one command
    from 1, None for a single branch.

    `checkpoint` and `replay` hold the state of the parent at the branch point, before any change: a resume
    from them makes the changes anew. `num_episodes`, `config_hash`, `packages` and `device` are those of the
    branch. `exact` says whether a branch without any change repeats its parent bit for bit,
    `inexact_because` gives the reason if not.
    """

    run_id: str
    parent_run_id: str
    episode: int
    position: int
    digest: str
    changes: dict[str, tuple[Any, Any]]
    layout: tuple[Placement, ...] | None
    layout_seed: int | None
    seed: int | None
    future: int | None
    num_episodes: int
    config_hash: str
    packages: dict[str, str]
    device: str
    exact: bool
    inexact_because: str
    checkpoint: SavedFile
    replay: SavedFile

    @property
    def saved(self) -> "CheckpointSaved":
        """The state at the branch point, as the checkpoint that it is."""
        return CheckpointSaved(
            episode=self.episode, position=self.position, checkpoint=self.checkpoint, replay=self.replay
        )


class BaselineMeasured(Event, frozen=True, kw_only=True, tag="baseline_measured"):
    """How long a policy that learns nothing survives in each stage, measured in the run's own town.

    `policy` is "random": every action is drawn uniformly. `episodes` is the number of episodes per stage, one
    per agent, each with an initial state of its own; the affordances stand as configured. `stages` has every
    stage of the curriculum, in order. The measurement has random numbers of its own, so it changes nothing in
    the learning. An attempt with another town, other stages or another step limit measures again; the newest
    measurement holds.
    """

    policy: str
    episodes: int
    stages: tuple[StageBaseline, ...]


class CheckpointSaved(Event, frozen=True, kw_only=True, tag="checkpoint_saved"):
    """A checkpoint is safely on disk.

    It stands for the log up to and including `position`, which ends with `episode`. The replay buffer is a
    file of its own, kept for the newest few checkpoints and for landmarks (`training.keep_replay_every`).
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
    none), then for agents that see `sight` cells in each direction, if it is not 0, what stands in the near
    cells (`core.observation`). `weights` is packed by `pack_weights`.
    """

    episode: int
    position: int
    checkpoint: str
    layer_sizes: tuple[int, ...]
    cells: int
    meters: tuple[str, ...]
    affordances: tuple[str, ...]
    weights: bytes
    sight: int = 0


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
    """The trainer ended on purpose; `detail` says more.

    `reason` is "completed", "signal", "diverged" (NaN or Inf came back again and again), or "error" (what
    earlier programs wrote for "diverged").
    """

    episode: int
    reason: str
    detail: str = ""
