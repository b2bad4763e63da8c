"""What readers get: the typed results of `projections.queries`, and so the vocabulary of the dashboard.

Plain data only. Units are in the docstrings; 8×8 tables are lists of rows, top row first. The server sends
these structs as they are and the front end's types are generated from them.
"""

import msgspec


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all results."""


class Place(View, frozen=True):
    """An affordance and its cell: column `x` from the left, row `y` from the top."""

    name: str
    x: int
    y: int


class Run(View, frozen=True):
    """The run as a whole. `started_at` in Unix seconds; `meter_full_scale` as in `core.events.WorldMap`."""

    seed: int
    config_name: str
    num_episodes: int
    num_agents: int
    max_steps: int
    width: int
    height: int
    meters: tuple[str, ...]
    vital_meters: tuple[str, ...]
    meter_full_scale: dict[str, float]
    actions: tuple[str, ...]
    started_at: float
    randomization_episode: int | None


class Pulse(View, frozen=True):
    """How the trainer is: `status` is waiting, running, stopped, completed or failed, as the log says.

    `last_event_at` is when the newest event was recorded (Unix seconds): a running trainer silent for more
    than 30 s has crashed or hangs. Speed and memory from the last heartbeat, None before the first;
    `rss_limit_bytes` is what the trainer may use, `memory_alarm` a sentence if that is in danger, else empty.
    """

    status: str
    detail: str
    attempt: int
    episodes_finished: int
    last_event_at: float
    position: int
    agent_steps_per_second: float | None
    rss_bytes: int | None
    rss_bytes_per_hour: float | None
    rss_limit_bytes: int | None
    memory_alarm: str
    loss: float | None
    mean_q: float | None
    replay_fill: float | None


class Metrics(View, frozen=True):
    """One episode, with the seed's nine metrics first; `cause` is the meter it died of, or "limit"."""

    episode_id: int
    timestamp: float
    survival_time: int
    total_reward: float
    extrinsic_reward: float
    intrinsic_reward: float
    intrinsic_weight: float
    curriculum_stage: int
    epsilon: float
    cause: str
    agent: int


class Heatmap(View, frozen=True):
    """Means per episode over the episodes `first` to `last`, rows top first.

    `visits` in steps per episode; `novelty` is the RND prediction error, 0 where nothing was recorded.
    """

    first: int
    last: int
    visits: list[list[float]]
    novelty: list[list[float]]


class GraphEdge(View, frozen=True):
    """Uses of `target` that came straight after a use of `source` in the same life, within the window.

    `first_seen` and `last_seen` are the first and last episode of the whole run up to now with that
    transition; `mean_episode` is the count-weighted mean episode of it in the window: its place in time.
    """

    source: str
    target: str
    count: int
    first_seen: int
    last_seen: int
    mean_episode: float


class AffordanceGraph(View, frozen=True):
    """The garden path over the episodes `first` to `last`; `nodes`: all affordances in the world's order."""

    first: int
    last: int
    nodes: tuple[str, ...]
    edges: list[GraphEdge]


class StageProgress(View, frozen=True):
    """Where the curriculum stands: `stage` (1 to 5) since `since_episode`.

    `mean_survival` over the last up to 100 episodes of the stage, in steps; `advance_at` and `retreat_at`
    are the survival gates in steps, None where there is no further stage.
    """

    stage: int
    since_episode: int
    mean_survival: float
    episodes_in_stage: int
    advance_at: float | None
    retreat_at: float | None


class State(View, frozen=True):
    """Everything the dashboard shows of one moment: as of the end of `episode` on the present lineage."""

    episode: int
    metrics: Metrics
    mean_survival: float
    heatmap: Heatmap
    affordance_graph: AffordanceGraph
    layout: list[Place]
    stage: StageProgress
    checkpoint: str | None


class Series(View, frozen=True):
    """A metric over episodes, column by column, at most 2,000 points, exact when zoomed in.

    Each point covers the episodes `first[i]` to `last[i]` (the same one when exact) with their mean, min and
    max. `resolution` is the number of episodes per point, a power of two, 1 when exact.
    """

    metric: str
    resolution: int
    first: list[int]
    last: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]


class Annotation(View, frozen=True):
    """Something worth a tick on the timeline.

    `kind` is one of started, randomized, stage, resumed, checkpoint, record, anomaly, surprise, stopped.
    """

    episode: int
    position: int
    kind: str
    text: str


class Use(View, frozen=True):
    """An affordance used at a step (from 1) of a life."""

    step: int
    affordance: str


class Replay(View, frozen=True):
    """One life, step by step, for watching it again.

    `path` is the cell before the first step and after each, `[survival_time + 1]`, cell = y * width + x;
    `actions` `[survival_time]` (empty when that life was not traced); `meters` `[survival_time + 1][meters]`
    in levels 0 to 255 (empty when not traced).
    """

    metrics: Metrics
    attempt: int
    layout: list[Place]
    path: list[int]
    actions: list[int]
    meters: list[list[int]]
    uses: list[Use]


class Attempt(View, frozen=True):
    """One attempt of the trainer: the episodes it ran, which of them were superseded, and why it ended.

    `ended` is running, superseded (a later attempt resumed from before its end), stopped, completed or
    failed. Times in Unix seconds.
    """

    attempt: int
    first_episode: int
    last_episode: int
    kept_until: int
    started_at: float
    ended_at: float
    ended: str
    checkpoint: str | None


class Criterion(View, frozen=True):
    """One success criterion of the seed: `state` is met, open or failed; `since_episode` when it was met."""

    key: str
    title: str
    target: str
    value: str
    state: str
    since_episode: int | None


class Behaviour(View, frozen=True):
    """An episode in which something odd and teachable happened, with the evidence for it."""

    episode: int
    kind: str
    title: str
    evidence: str


class ProjectorStatus(View, frozen=True):
    """How far a projector is: `lag` in events, `age` in seconds since its last commit.

    `rate` in events/s over its last catch-up; `poison` says why it stopped, if an event stopped it.
    """

    name: str
    version: int
    position: int
    lag: int | None
    age: float | None
    rate: float | None
    poison: str | None
    poison_position: int | None


class Health(View, frozen=True):
    """Heartbeats column by column, oldest first; units as in `core.events.Heartbeat`.

    `rss_bytes_per_hour` is the least-squares slope of the trainer's memory, None before there are enough.
    """

    episode: list[int]
    recorded_at: list[float]
    attempt: list[int]
    agent_steps_per_second: list[float]
    loss: list[float | None]
    mean_q: list[float | None]
    gradient_norm: list[float | None]
    rss_bytes: list[int]
    device_memory_bytes: list[int]
    replay_fill: list[float]
    rss_bytes_per_hour: float | None


class NoveltyFrames(View, frozen=True):
    """Novelty of every cell at the end of each of some episodes, `[frames][height][width]`, top row first."""

    episodes: list[int]
    novelty: list[list[list[float]]]


class Captures(View, frozen=True):
    """How many pictures the snapshot worker has made; files, which the log does not know of."""

    screenshots: int
    gifs: int
