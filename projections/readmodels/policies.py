"""The policies of the run: the Q-network beside each checkpoint, and what the agents would do by it.

The network itself is computed in `projections.policy`; how weights are packed is in `core.packing`.
"""

from collections.abc import Sequence

import apsw
import msgspec
import numpy as np

from core.events import Placement, PolicyRecorded, RunResumed, WorldMap
from core.observation import ObservationSizes, near_affordances, near_cells
from core.packing import inflate_weights, split_layers
from projections.engine.dataset import POSITION, Column, table
from projections.engine.projector import EventMetadata, Part, Projector, handles
from projections.engine.records import insert, read_one, values
from projections.engine.route import EpisodeNumber, QueryError, route
from projections.episode_ranges import EpisodeRange, episode_ranges
from projections.policy import Array, Layers, network_input, q_values
from projections.readmodels.episodes import newest_episode
from projections.readmodels.run import Run, read_world
from projections.readmodels.system_state import read_layout

MOST_RANGES = 200
"""A run that is resumed often records policies at irregular episodes; no answer may grow with the run."""


class PolicyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `policies`."""

    position: int
    stands_for: int
    episode: int
    checkpoint: str
    layer_sizes: str
    cells: int
    meters: str
    affordances: str
    weights: bytes
    sight: int


class PolicySummary(msgspec.Struct, frozen=True, kw_only=True):
    """Which policy is known of a moment: that of `checkpoint`, which stands for the end of `episode`."""

    episode: int
    checkpoint: str


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The Q-network of a checkpoint, ready to be computed; `episode` is the last one that it stands for.

    The input of the network is 1 at the agent's cell (of `cells`), the `meters` (0 to 1), 1 at the affordance
    in that cell (of `affordances`, the last place: none). If `sight` is not 0, then 1 for what stands in each
    cell that is at most so many rows and columns away, row by row: one of `affordances`, none, or a cell that
    nobody can enter. `layer_sizes` are the widths of the input, the hidden layers and the output; one output
    an action, in the order of `actions`. `weights`: per layer weights `[out, in]` and biases `[out]`,
    little-endian float16. `recorded_episodes` are all with a policy, in at most 200 ranges; of a run whose
    policies lie too irregularly for that, some of them.
    """

    episode: int
    checkpoint: str
    layer_sizes: tuple[int, ...]
    cells: int
    meters: tuple[str, ...]
    affordances: tuple[str, ...]
    actions: tuple[str, ...]
    weights: bytes
    sight: int
    recorded_episodes: tuple[EpisodeRange, ...]

    def layers(self) -> Layers:
        """Weights `[out, in]` and biases `[out]` of each layer, float32."""
        return split_layers(self.weights, self.layer_sizes)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy of `checkpoint` says of one state: the value of each action, the best, and its margin.

    `margin` is the value of the best action less that of the second best; a small one is close to a tie.
    """

    episode: int
    checkpoint: str
    cell: tuple[int, int]
    meters: dict[str, float]
    affordance_here: str | None
    q_values: dict[str, float]
    action: str
    margin: float


def read_policy(connection: apsw.Connection, episode: EpisodeNumber | None = None) -> Policy | None:
    """The newest policy recorded at or before the end of `episode`, of the whole run without it."""
    row = _row(connection, episode)
    world = read_world(connection)
    if row is None or world is None:
        return None
    sizes = msgspec.json.decode(row.layer_sizes, type=tuple[int, ...])
    recorded: list[tuple[int]] = connection.execute(  # type: ignore[assignment]
        "SELECT DISTINCT episode FROM policies ORDER BY episode"
    ).fetchall()
    return Policy(
        episode=row.episode,
        checkpoint=row.checkpoint,
        layer_sizes=sizes,
        cells=row.cells,
        meters=msgspec.json.decode(row.meters, type=tuple[str, ...]),
        affordances=msgspec.json.decode(row.affordances, type=tuple[str, ...]),
        actions=world.actions,
        weights=inflate_weights(row.weights),
        sight=row.sight,
        recorded_episodes=episode_ranges([number for (number,) in recorded], MOST_RANGES),
    )


def policy_of_run(connection: apsw.Connection, episode: int | None) -> Policy:
    """The policy as of the end of `episode`, which must have happened; the newest one without it.

    Raises:
        QueryError: the run has no such episode, or no policy is recorded.
    """
    newest = newest_episode(connection)
    if episode is not None and episode > newest:
        raise QueryError(f"episode {episode} has not happened; the newest episode is {newest}")
    policy = read_policy(connection, episode)
    if policy is None:
        raise QueryError(no_policy(episode))
    return policy


def no_policy(episode: int | None = None) -> str:
    """Why there is no policy."""
    when = "" if episode is None else f" at or before episode {episode}"
    return (
        f"no policy is recorded{when}; recording.policy_every records one beside each checkpoint,"
        " `producer record-policies` adds those of kept checkpoints"
    )


def read_policy_summary(connection: apsw.Connection, episode: int) -> PolicySummary | None:
    """Which policy is known as of the end of `episode`; None before the first one."""
    row = _row(connection, episode)
    return PolicySummary(episode=row.episode, checkpoint=row.checkpoint) if row is not None else None


def ask_policy(
    connection: apsw.Connection, episode: int | None, cell: tuple[int, int], meters: dict[str, float]
) -> Answer:
    """What the policy as of the end of `episode` would do in a cell (x, y); meters not named are full.

    Raises:
        QueryError: the run has no such episode, no policy is recorded, or the cell or a meter is not of this
            town.
    """
    policy, world = policy_of_run(connection, episode), read_world(connection)
    assert world is not None, "a policy is recorded after its run has started"
    x, y = cell
    if not (0 <= x < world.width and 0 <= y < world.height):
        raise QueryError(
            f"cell {x},{y}: not in this town; x is 0 to {world.width - 1}, y 0 to {world.height - 1}"
        )
    if y * world.width + x in {*world.walls, *world.water}:
        raise QueryError(f"cell {x},{y}: nobody can enter this cell; choose one without wall and water")
    for name, level in meters.items():
        if name not in policy.meters:
            raise QueryError(f"meter {name!r}: not in this town; it has {', '.join(policy.meters)}")
        if not 0.0 <= level <= 1.0:
            raise QueryError(f"meter {name}={level:g}: give a level from 0 (empty) to 1 (full)")
    levels = {name: meters.get(name, 1.0) for name in policy.meters}
    at, layout = y * world.width + x, read_layout(connection, episode or policy.episode)
    q = values_in_town(policy, world, layout, [at], list(levels.values()))[0]
    order = np.argsort(-q)
    return Answer(
        episode=policy.episode,
        checkpoint=policy.checkpoint,
        cell=cell,
        meters=levels,
        affordance_here=next((place.name for place in layout if (place.x, place.y) == cell), None),
        q_values={name: float(value) for name, value in zip(policy.actions, q, strict=True)},
        action=policy.actions[int(order[0])],
        margin=float(q[order[0]] - q[order[1]]),
    )


def values_in_town(
    policy: Policy,
    world: WorldMap | Run,
    layout: Sequence[Placement],
    cells: Sequence[int],
    levels: Sequence[float],
) -> Array:
    """The value of every action `[len(cells), actions]` in `cells`, with meters at `levels` `[M]`, float32.

    The affordances stand as in `layout`; an agent that sees its neighbourhood sees them there.
    """
    none = len(policy.affordances)
    affordances = np.full(policy.cells, none)
    for place in layout:
        affordances[place.y * world.width + place.x] = policy.affordances.index(place.name)
    seen = near_cells(world.width, world.height, {*world.walls, *world.water}, policy.sight)[list(cells)]
    sizes = ObservationSizes(policy.cells, len(levels), none, seen.shape[1])
    near = near_affordances(affordances, seen, none)
    inputs = network_input(sizes, cells, [levels] * len(cells), affordances[list(cells)], near)
    return q_values(policy.layers(), inputs)


def _row(connection: apsw.Connection, episode: int | None) -> PolicyRow | None:
    source = "policies WHERE episode <= ? ORDER BY episode DESC, position DESC"
    return read_one(connection, PolicyRow, source, (episode if episode is not None else 2**62,))


class Policies(Projector):
    """The Q-network of every recorded checkpoint of the present lineage."""

    name = "policies"
    version = 2
    tables_owned = ("policies",)
    ddl = """
        -- `stands_for`: the log position up to which the network has learnt; layer_sizes, meters and
        -- affordances as JSON arrays; weights as the event packs them
        CREATE TABLE policies (
            position INTEGER PRIMARY KEY,
            stands_for INTEGER NOT NULL,
            episode INTEGER NOT NULL,
            checkpoint TEXT NOT NULL,
            layer_sizes TEXT NOT NULL,
            cells INTEGER NOT NULL,
            meters TEXT NOT NULL,
            affordances TEXT NOT NULL,
            weights BLOB NOT NULL,
            sight INTEGER NOT NULL
        );
        CREATE INDEX idx_policies_episode ON policies(episode);
    """
    as_of = (Part("policy", read_policy_summary),)
    routes = (route("policy", read_policy, missing=no_policy),)
    datasets = (
        table(
            "policies",
            "the policies that can be asked: one beside each recorded checkpoint",
            (
                POSITION,
                Column("episode", "integer", "Last episode that the network has learnt from"),
                Column("checkpoint", "text", "Name of the checkpoint file"),
                Column("layer_sizes", "json", "Widths of the input, the hidden layers and the output"),
            ),
            source="policies",
            order="position",
            until="episode",
        ),
    )

    @handles(PolicyRecorded)
    def recorded(self, event: PolicyRecorded, metadata: EventMetadata) -> None:
        row = PolicyRow(
            position=metadata.position,
            stands_for=event.position,
            episode=event.episode,
            checkpoint=event.checkpoint,
            layer_sizes=_json(event.layer_sizes),
            cells=event.cells,
            meters=_json(event.meters),
            affordances=_json(event.affordances),
            weights=event.weights,
            sight=event.sight,
        )
        self.tables.add(insert("policies", PolicyRow), values(row))

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        # a policy may be recorded long after its checkpoint: what it stands for decides
        self.tables.change("DELETE FROM policies WHERE stands_for > ?", (event.after_position,))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
