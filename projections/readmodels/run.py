"""The run as a whole: what was started, with which configuration, in which town, in which stages."""

from typing import Any

import apsw
import msgspec

from core.config import changed
from core.definitions import WINDOW
from core.events import CurriculumSummary, RunBranched, RunResumed, RunStarted, StageSummary, WorldMap
from core.run_summary import curriculum_payload, wages_payload
from projections.engine.projector import EventMetadata, Projector, handles
from projections.engine.records import insert, read_one, values
from projections.engine.route import route


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """The run that a branch comes from, and where and how the branch left it.

    The branch shares the events of the run `run_id` up to and including `position`, which ends with
    `episode`; `digest` (hexadecimal) is the digest there. `changes` maps a key's full name to [old, new].
    `layout_changed` says whether the affordances were moved at the branch point. `seed` is that of the
    branch's own random numbers, None where the parent's go on; `future` numbers the branches of one command
    from 1, None for a single one. `exact` as in `core.events.RunBranched`. `branched_at` in Unix seconds.
    """

    run_id: str
    episode: int
    position: int
    digest: str
    changes: dict[str, tuple[Any, Any]]
    layout_changed: bool
    seed: int | None
    future: int | None
    exact: bool
    branched_at: float


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The run as it is configured now.

    `started_at` in Unix seconds. `affordances` in the order of the world; `wages` in dollars by affordance,
    for those that pay. `meter_full_scale`, `when_low`, `currency`, `kinds`, `walls` and `water` as in
    `core.events.WorldMap`. `stages[n]` describes stage n + 1. `novelty` is the source of the intrinsic
    reward (`exploration.novelty`): "rnd", "counts", or "none" for a run without one. `window` is the number
    of episodes of every rolling mean. `randomization_episode` is the last episode before the affordances
    were moved, None before that. `parent` is the run that this one was branched from, None for a run that is
    no branch. `root_run_id` is the run that the log began with: its own id, or for a branch, and for a
    branch of a branch, that of the first parent. `algorithm` names what learnt where that was not Hamlet's
    own agent (`producer.environment.record`), else None. `num_episodes` is 0 where no length was planned.
    """

    run_id: str
    root_run_id: str
    algorithm: str | None
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
    when_low: dict[str, str]
    currency: str
    affordances: tuple[str, ...]
    kinds: dict[str, str]
    walls: tuple[int, ...]
    water: tuple[int, ...]
    wages: dict[str, float]
    actions: tuple[str, ...]
    stages: tuple[StageSummary, ...]
    started_at: float
    randomization_episode: int | None
    novelty: str
    window: int
    parent: Parent | None = None


class RunConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration as it is now, with the changes that an operator accepted on the way.

    `config_hash` is sha256, hex, of what in it decides the learning.
    """

    config_name: str
    config_hash: str
    config: dict[str, Any]


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `run_facts`."""

    run_id: str
    root_run_id: str
    seed: int
    config_name: str
    num_episodes: int
    num_agents: int
    config: str
    config_hash: str
    curriculum: str
    wages: str
    world: str
    started_at: float
    parent: str | None


def read_run(connection: apsw.Connection) -> Run | None:
    """The run as it is configured now; None before it started."""
    row = read_one(connection, RunRow, "run_facts")
    if row is None:
        return None
    world = msgspec.json.decode(row.world, type=WorldMap)
    config = msgspec.json.decode(row.config)
    moved_at = connection.execute(
        "SELECT value FROM system_state WHERE key = 'affordance_randomization_episode'"
    ).get
    return Run(
        run_id=row.run_id,
        root_run_id=row.root_run_id,
        algorithm=config.get("algorithm", {}).get("name"),
        seed=row.seed,
        config_name=row.config_name,
        num_episodes=row.num_episodes,
        num_agents=row.num_agents,
        max_steps=world.max_steps,
        width=world.width,
        height=world.height,
        meters=world.meters,
        vital_meters=world.vital_meters,
        meter_full_scale=world.meter_full_scale,
        when_low=world.when_low,
        currency=world.currency,
        affordances=tuple(place.name for place in world.affordances),
        kinds=world.kinds,
        walls=world.walls,
        water=world.water,
        wages=msgspec.json.decode(row.wages, type=dict[str, float]),
        actions=world.actions,
        stages=msgspec.json.decode(row.curriculum, type=CurriculumSummary).stages,
        started_at=row.started_at,
        randomization_episode=int(moved_at) if moved_at is not None else None,
        novelty=config.get("exploration", {}).get("novelty", "rnd"),
        window=WINDOW,
        parent=msgspec.json.decode(row.parent, type=Parent) if row.parent is not None else None,
    )


def read_configuration(connection: apsw.Connection) -> RunConfiguration | None:
    """The configuration of the run; None before it started."""
    row = read_one(connection, RunRow, "run_facts")
    if row is None:
        return None
    return RunConfiguration(
        config_name=row.config_name,
        config_hash=row.config_hash,
        config=msgspec.json.decode(row.config, type=dict[str, Any]),
    )


def read_world(connection: apsw.Connection) -> WorldMap | None:
    """The town as it was at the start; None before the run started."""
    text = connection.execute("SELECT world FROM run_facts").get
    return msgspec.json.decode(text, type=WorldMap) if text is not None else None


def read_curriculum(connection: apsw.Connection) -> CurriculumSummary | None:
    """The stages and thresholds as they are configured now; None before the run started."""
    text = connection.execute("SELECT curriculum FROM run_facts").get
    return msgspec.json.decode(text, type=CurriculumSummary) if text is not None else None


class RunFacts(Projector):
    """One row: the run as it is configured now."""

    name = "run"
    version = 4
    tables_owned = ("run_facts",)
    ddl = """
        -- config, curriculum, wages, world and parent as JSON; the world as it was at the start
        CREATE TABLE run_facts (
            run_id TEXT NOT NULL,
            root_run_id TEXT NOT NULL,
            seed INTEGER NOT NULL,
            config_name TEXT NOT NULL,
            num_episodes INTEGER NOT NULL,
            num_agents INTEGER NOT NULL,
            config TEXT NOT NULL,
            config_hash TEXT NOT NULL,
            curriculum TEXT NOT NULL,
            wages TEXT NOT NULL,
            world TEXT NOT NULL,
            started_at REAL NOT NULL,
            parent TEXT
        );
    """
    routes = (route("run", read_run), route("config", read_configuration))

    @handles(RunStarted)
    def started(self, event: RunStarted, metadata: EventMetadata) -> None:
        row = RunRow(
            run_id=event.run_id,
            root_run_id=event.run_id,
            seed=event.seed,
            config_name=event.config_name,
            num_episodes=event.num_episodes,
            num_agents=event.num_agents,
            config=_json(event.config),
            config_hash=event.config_hash,
            curriculum=_json(event.curriculum),
            wages=_json(event.wages),
            world=_json(event.world),
            started_at=metadata.recorded_at,
            parent=None,
        )
        self.tables.change("DELETE FROM run_facts")
        self.tables.change(insert("run_facts", RunRow), values(row))

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        self._configure(event.config_changes, event.num_episodes, event.config_hash)

    @handles(RunBranched)
    def branched(self, event: RunBranched, metadata: EventMetadata) -> None:
        self._configure(event.changes, event.num_episodes, event.config_hash)
        parent = Parent(
            run_id=event.parent_run_id,
            episode=event.episode,
            position=event.position,
            digest=event.digest,
            changes=event.changes,
            layout_changed=event.layout is not None,
            seed=event.seed,
            future=event.future,
            exact=event.exact,
            branched_at=metadata.recorded_at,
        )
        self.tables.change("UPDATE run_facts SET run_id = ?, parent = ?", (event.run_id, _json(parent)))

    def _configure(self, changes: dict[str, tuple[Any, Any]], num_episodes: int, config_hash: str) -> None:
        """Apply changed keys, and the planned length."""
        found = self.tables.row("SELECT config, curriculum, wages FROM run_facts")
        if found is None:
            return
        config_text, curriculum, wages = found
        config = msgspec.json.decode(config_text)
        for key, (_, new) in changes.items():
            config = changed(config, key, new)
        if changes:
            curriculum, wages = _json(curriculum_payload(config)), _json(wages_payload(config))
        self.tables.change(
            "UPDATE run_facts SET num_episodes = ?, config_hash = ?, config = ?, curriculum = ?, wages = ?",
            (num_episodes, config_hash, _json(config), curriculum, wages),
        )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
