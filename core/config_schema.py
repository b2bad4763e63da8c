"""The sections and keys of the configuration of a run, each explained under it.

This module has only the structs; `core.config` reads and checks YAML.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.world import World

__all__ = [
    "MAX_SEED",
    "Curriculum",
    "Experiment",
    "Exploration",
    "Observation",
    "Pace",
    "Population",
    "Recording",
    "Rewards",
    "RunConfig",
    "Stage",
    "Training",
]

Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Positive = Annotated[float, Meta(gt=0.0)]
Count = Annotated[int, Meta(ge=1)]
Term = Annotated[float, Meta(ge=-100.0, le=100.0)]
NonNegativeTerm = Annotated[float, Meta(ge=0.0, le=100.0)]
NonNegative = Annotated[int, Meta(ge=0)]
MAX_SEED = 2**52 - 1
"""Largest seed of a run: seed + k, for any number k of episodes, is exact in SQLite and in JavaScript."""
Seed = Annotated[int, Meta(ge=0, le=MAX_SEED)]


class Experiment(Struct, frozen=True, forbid_unknown_fields=True):
    """Name and seed of the run."""

    name: str
    description: str = ""
    seed: Seed = 0
    """All random numbers of a run follow from the seed."""


class Observation(Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent observes beside its own cell and its meters: `core.observation`."""

    kind: Literal["full", "window"] = "full"
    """full: the affordance in its own cell. window: also what stands in the cells near it, walls and the edge
    of the town among them."""
    radius: Annotated[int, Meta(ge=1, le=8)] = 2
    """Cells that an agent with a window sees in each direction: 2 for a window of 5 × 5. Less than the width
    or the height of the town, whichever is more."""

    @property
    def sight(self) -> int:
        """Cells that an agent sees in each direction; 0 for only its own cell."""
        return self.radius if self.kind == "window" else 0


class Stage(Struct, frozen=True, forbid_unknown_fields=True):
    """One stage of the curriculum."""

    active_meters: list[str]
    """Meters that can end an episode (the vital ones) and that count in the shaped reward."""
    depletion: Fraction
    """Multiplier on the meters' passive drain."""
    reward: Literal["shaped", "sparse"]
    """shaped: −shaping · mean over the active meters of (1 − level) per step; sparse: 0. `rewards` has the
    other terms, among them −1 when a vital meter at 0 ends the episode."""
    name: str = ""
    """What the page calls the stage; if empty, a name is made from the three keys above."""
    meaning: str = ""
    """What the stage asks of the agents, in a few words; if empty, the words are made likewise."""


class Rewards(Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of the reward of a step. All but `novelty` are the extrinsic reward."""

    death: Term = -1.0
    """In the step in which a vital meter at 0 ends the episode."""
    needs: NonNegativeTerm = 1.0
    """Factor on the shaped reward of the stages that have one."""
    money: Term = 0.0
    """For each dollar earned in the step; a dollar spent counts the other way round."""
    novelty: NonNegativeTerm = 1.0
    """Factor on the intrinsic reward, beside the intrinsic weight."""
    expression: str = ""
    """A term of one's own, such as `0.01 * mood - 0.02 * (energy < 0.2)`: `core.reward_expression` says what
    may be written. Empty for none."""


class Curriculum(Struct, frozen=True, forbid_unknown_fields=True):
    """When the population moves to a harder or an easier stage."""

    stages: Annotated[list[Stage], Meta(min_length=1, max_length=12)]
    shaping: Fraction = 0.01
    """Scale of the shaped reward per step."""
    start_stage: Count = 1
    """The stage of the first episodes, counted from 1."""
    survival_window: Count = 100
    """Newest episodes that began in the stage: a decision compares their mean survival."""
    survival_advance_threshold: Fraction = 0.7
    """Advance when their mean survival is above this part of the step limit."""
    survival_retreat_threshold: Fraction = 0.3
    """Retreat when their mean survival is below this part of the step limit."""
    min_steps_at_stage: NonNegative = 1000
    """Vector steps in a stage before any decision."""
    min_progress: float = -5.0
    """Least difference, in steps, between the newer and the older half of the window for an advance."""
    entropy_gate: Fraction = 0.5
    """Advance only when the policy's entropy in states with a low meter is below this part of its maximum."""
    no_retreat_after_drop: NonNegative = 1000
    """Episodes after a drop without retreat: an easier stage does not help to find moved affordances."""


class Exploration(Struct, frozen=True, forbid_unknown_fields=True):
    """Epsilon, the intrinsic weight, and the detector of performance drops."""

    epsilon_start: Fraction = 1.0
    epsilon_end: Fraction = 0.05
    epsilon_half_life: Count = 1000
    """Vector steps in which the part of epsilon above `epsilon_end` halves."""
    epsilon_after_stage_change: Fraction = 0.2
    """Epsilon is at least this after a stage change, and decays from there."""

    novelty: Literal["rnd", "counts", "none"] = "rnd"
    """rnd: an intrinsic reward by random network distillation. counts: by how often a cell was observed with
    what stands there; the keys `rnd_…` and `embed_dim` have no effect. none: no intrinsic reward; its weight
    is always 0, and the keys about it (weights, `rnd_…`, `intrinsic_…`) have no effect."""
    initial_intrinsic_weight: Fraction = 1.0
    min_intrinsic_weight: Fraction = 0.05
    decay_rate: Fraction = 0.999
    """Factor on the intrinsic weight per finished episode while the annealing gate is open."""
    anneal_above: Fraction = 0.7
    """The gate is open while the mean survival of the window is at least this part of the step limit."""
    anneal_max_variation: Positive = 0.5
    """The open gate also needs a standard deviation of at most this part of that mean."""
    survival_window: Count = 100
    """Finished episodes in the window of the gate."""

    rnd_hidden: Count = 64
    """Width of the hidden layer of random network distillation's two networks."""
    embed_dim: Count = 32
    """Width of the output layer of both networks."""
    rnd_learning_rate: Positive = 0.0001
    """The predictor is updated once a rollout, on all observations of the rollout."""
    intrinsic_scale: Positive = 0.1
    """Intrinsic reward of one standard deviation of the discounted intrinsic return."""
    intrinsic_clip: Positive = 5.0
    """Standard deviations at which the intrinsic reward is clipped."""

    drop_window: Count = 50
    """Newest episodes whose mean survival is compared with the reference."""
    drop_below: Fraction = 0.6
    """A drop: the mean of the window falls below this part of the slow reference."""
    drop_reference_half_life: Positive = 300.0
    """Finished episodes in which the weight of an episode in the reference halves."""
    drop_min_episodes: Count = 300
    """Episodes in a stage before its reference counts; the reference must also be at least `anneal_above`."""
    drop_intrinsic_weight: Fraction = 0.5
    """The intrinsic weight is raised to at least this at a drop."""
    drop_epsilon: Fraction = 0.3
    """Epsilon is raised to at least this at a drop."""
    drop_updates_per_step: Count = 16
    """Updates per vector step while recovering from a drop."""
    drop_augmented_moves: Fraction = 0.5
    """Part of the sampled moves that are augmented while recovering: moved to another cell."""
    recovered_at: Fraction = 0.9
    """A recovery succeeds when the window's mean is back at this part of the reference."""
    recovery_max_steps: Count = 4000
    """A recovery that has not succeeded after so many vector steps is given up."""


class Population(Struct, frozen=True, forbid_unknown_fields=True):
    """The agents and the network they share."""

    num_agents: Count = 32
    hidden: Count = 128
    """Width of the Q-network's two hidden layers."""
    learning_rate: Positive = 0.0005
    gamma: Fraction = 0.99
    n_step: Count = 3
    """Steps of reward before the target bootstraps."""
    advantage_alpha: Fraction = 0.8
    """Advantage learning: how much of the action gap is added to the target (Bellemare et al. 2016)."""
    target_tau: Fraction = 0.01
    """Part of the online network that flows into the target network at every update."""
    batch_size: Count = 128
    updates_per_step: Count = 1
    """Updates per vector step. Replay ratio = batch_size · updates_per_step / num_agents."""
    learn_every: Count = 8
    """Vector steps of a rollout; then all updates due are made at once, on one big sample."""
    learning_starts: Count = 1000
    """Transitions in the replay buffer before the first update; one n-step return of all agents at least."""
    replay_buffer_capacity: Count = 200_000
    relabel_replay: bool = True
    """Relabel samples by what was last seen in every cell; if false, a drop clears the replay buffer."""
    max_grad_norm: Positive = 10.0


class Pace(Struct, frozen=True, forbid_unknown_fields=True):
    """Slows a run down for a stream that lasts for days; what is learnt stays the same."""

    episodes_per_hour: Positive


class Training(Struct, frozen=True, forbid_unknown_fields=True):
    """Length, intervals, device and pace of a run."""

    num_episodes: Count = 10_000
    """Finished episodes, of all agents together, after which the run is complete."""
    max_steps_per_episode: Annotated[int, Meta(ge=1, le=65_535)] = 500
    """Steps after which an episode is truncated: bootstrapped, not terminated."""
    randomize_affordances_at: Count | None = 5000
    """Episode at which every affordance moves to another cell; null for never."""
    checkpoint_every: Count = 100
    """Episodes between checkpoints."""
    keep_replay_every: NonNegative = 1000
    """Episodes between the replay buffers that are kept for branches, beside those before every move of the
    affordances and every stage change; 0 for only these."""
    keep_checkpoints: Annotated[int, Meta(ge=3)] | None = None
    """Newest checkpoints that are kept, beside those that branches need; null for all. Those that are deleted
    stay in the log, and can neither be evaluated nor resumed from."""
    checkpoint_every_minutes: Positive | None = 5.0
    """Minutes after which a slow run saves a checkpoint between these; null for never."""
    heartbeat_every: Count = 10
    """Episodes between heartbeat lines."""
    device: str = "auto"
    """auto (CUDA if there is one), cpu, or a torch device."""
    num_threads: Count = 1
    """Threads torch computes with; part of what makes a run repeat itself bit by bit."""
    pace: Pace | None = None
    """Slow down to this many episodes an hour; null for as fast as it goes."""


class Recording(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of each episode goes into the log."""

    trace_every: NonNegative = 1
    """Record the actions and meters of every n-th episode step by step; 0 for none."""
    policy_every: NonNegative = 1
    """Record the Q-network of every n-th checkpoint and of the last one; 0 for none. A network of more than
    256 kB (a town of many cells) is recorded less often in proportion."""


class RunConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole run."""

    experiment: Experiment
    world: World
    population: Population
    curriculum: Curriculum
    exploration: Exploration
    training: Training
    recording: Recording = Recording()
    rewards: Rewards = Rewards()
    observation: Observation = Observation()
