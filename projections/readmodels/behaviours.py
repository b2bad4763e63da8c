"""Episodes in which something odd and teachable happened, by the rules of `projections.behaviour_rules`.

Of each kind only the first one in every hundred episodes is kept: enough to look at, and independent of
what comes later, so that a resume takes back exactly what it superseded.
"""

from collections.abc import Iterable

import msgspec

from core.events import (
    AffordancesRandomized,
    AffordancesUsed,
    CellsVisited,
    EpisodeFinished,
    EpisodeTraced,
    RunResumed,
    RunStarted,
)
from core.packing import unpack_indices, unpack_meters
from projections.behaviour_rules import Life, Oddity, from_path, from_trace, reward_against_survival
from projections.engine.projector import Moment, Projector, Tables, handles

HUNDRED = 100


class Surroundings(msgspec.Struct, frozen=True):
    """What of the run the rules must know; `places` maps a cell's index to the affordance on it."""

    width: int
    places: dict[int, str]
    wages: tuple[str, ...]
    actions: tuple[str, ...]
    meters: tuple[str, ...]
    purse: str


class Unfinished(msgspec.Struct):
    """The newest life, as far as its events have come."""

    episode: int
    cause: str
    start_cell: int = 0
    path: bytes = b""
    used: tuple[str, ...] = ()


class Behaviours(Projector):
    """Odd lives, and what is needed to judge the next one."""

    name = "behaviours"
    version = 1
    tables_owned = ("behaviours", "behaviour_lives", "behaviour_memory", "behaviour_towns")
    ddl = """
        CREATE TABLE behaviours (
            episode INTEGER NOT NULL,
            kind TEXT NOT NULL,
            title TEXT NOT NULL,
            evidence TEXT NOT NULL,
            hundred INTEGER NOT NULL,
            PRIMARY KEY (kind, hundred)
        ) WITHOUT ROWID;
        CREATE INDEX idx_behaviours_episode ON behaviours(episode);
        CREATE TABLE behaviour_lives (
            episode_id INTEGER PRIMARY KEY,
            survival_time INTEGER NOT NULL,
            total_reward REAL NOT NULL
        );
        -- the newest life as far as its events have come, JSON
        CREATE TABLE behaviour_memory (life TEXT NOT NULL);
        -- the town from a log position on, JSON
        CREATE TABLE behaviour_towns (position INTEGER PRIMARY KEY, surroundings TEXT NOT NULL);
    """

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        memory = tables.row("SELECT life FROM behaviour_memory")
        self._life = msgspec.json.decode(memory[0], type=Unfinished) if memory is not None else None
        newest = tables.row("SELECT surroundings FROM behaviour_towns ORDER BY position DESC LIMIT 1")
        self._town = msgspec.json.decode(newest[0], type=Surroundings) if newest is not None else None

    @handles(RunStarted)
    def started(self, event: RunStarted, moment: Moment) -> None:
        world = event.world
        described = event.config.get("world", {})
        paying = tuple(
            place["name"] for place in described.get("affordances", ()) if place.get("wage", 0.0) > 0
        )
        self._settle(
            moment,
            Surroundings(
                width=world.width,
                places={place.y * world.width + place.x: place.name for place in world.affordances},
                wages=paying or tuple(place.name for place in world.affordances if place.name == "Job"),
                actions=world.actions,
                meters=world.meters,
                purse=described.get("money_meter") or "",
            ),
        )

    @handles(AffordancesRandomized)
    def randomized(self, event: AffordancesRandomized, moment: Moment) -> None:
        if self._town is not None:
            width = self._town.width
            places = {place.y * width + place.x: place.name for place in event.new}
            self._settle(moment, msgspec.structs.replace(self._town, places=places))

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, moment: Moment) -> None:
        self._life = Unfinished(event.episode, event.cause)
        self.tables.add(
            "INSERT INTO behaviour_lives VALUES (?, ?, ?)",
            (event.episode, event.survival_time, event.total_reward),
        )
        if event.episode % HUNDRED == 0 and event.episode > HUNDRED:
            self._compare_hundreds(event.episode)

    @handles(CellsVisited)
    def visited(self, event: CellsVisited, moment: Moment) -> None:
        if self._life is not None and self._life.episode == event.episode:
            self._life.start_cell, self._life.path = event.start_cell, event.path

    @handles(AffordancesUsed)
    def made(self, event: AffordancesUsed, moment: Moment) -> None:
        if self._life is not None and self._life.episode == event.episode:
            self._life.used = event.affordances
            life = self._whole_life()
            if life is not None:
                self._keep(event.episode, from_path(life))

    @handles(EpisodeTraced)
    def traced(self, event: EpisodeTraced, moment: Moment) -> None:
        if self._life is None or self._life.episode != event.episode or self._town is None:
            return
        life = self._whole_life()
        if life is not None:
            traced = msgspec.structs.replace(
                life,
                actions=unpack_indices(event.actions),
                meters=unpack_meters(event.meters, len(self._town.meters)),
            )
            self._keep(event.episode, from_trace(traced))

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        beyond = (event.after_episode,)
        self.tables.change("DELETE FROM behaviours WHERE episode > ?", beyond)
        self.tables.change("DELETE FROM behaviour_lives WHERE episode_id > ?", beyond)
        self.tables.change("DELETE FROM behaviour_towns WHERE position > ?", (event.after_position,))
        newest = self.tables.row("SELECT surroundings FROM behaviour_towns ORDER BY position DESC LIMIT 1")
        self._town = msgspec.json.decode(newest[0], type=Surroundings) if newest is not None else None
        self._life = None

    def finish(self) -> None:
        self.tables.change("DELETE FROM behaviour_memory")
        if self._life is not None:
            life = msgspec.json.encode(self._life).decode()
            self.tables.change("INSERT INTO behaviour_memory VALUES (?)", (life,))

    def _settle(self, moment: Moment, town: Surroundings) -> None:
        self._town = town
        self.tables.change(
            "INSERT INTO behaviour_towns VALUES (?, ?)",
            (moment.position, msgspec.json.encode(town).decode()),
        )

    def _whole_life(self) -> Life | None:
        if self._life is None or self._town is None or not self._life.path:
            return None
        return Life(
            path=unpack_indices(self._life.path),
            start_cell=self._life.start_cell,
            used=self._life.used,
            cause=self._life.cause,
            places=self._town.places,
            wages=self._town.wages,
            action_names=self._town.actions,
            meter_names=self._town.meters,
            purse=self._town.purse,
        )

    def _keep(self, episode: int, oddities: Iterable[Oddity]) -> None:
        for oddity in oddities:
            self.tables.add(
                "INSERT INTO behaviours VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, hundred) DO NOTHING",
                (episode, oddity.kind, oddity.title, oddity.evidence, (episode - 1) // HUNDRED + 1),
            )

    def _compare_hundreds(self, episode: int) -> None:
        rows = self.tables.rows(
            "SELECT avg(total_reward), avg(survival_time) FROM behaviour_lives WHERE episode_id > ?"
            " GROUP BY (episode_id - 1) / ? ORDER BY (episode_id - 1) / ?",
            (episode - 2 * HUNDRED, HUNDRED, HUNDRED),
        )
        if len(rows) == 2:
            (reward_before, survival_before), (reward, survival) = rows
            found = reward_against_survival(
                episode // HUNDRED, (reward_before, reward), (survival_before, survival)
            )
            self._keep(episode, [found] if found is not None else [])
