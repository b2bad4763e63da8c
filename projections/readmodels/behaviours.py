"""Episodes that show a behaviour worth teaching, by the rules of `projections.readmodels.behaviour_rules`.

Of each kind only the first one in every hundred episodes is kept (one of a beginner and one of an agent that
chooses most of its actions): enough to show, and independent of what comes later, so that a resume removes
exactly what it superseded.
"""

from collections.abc import Iterable
from typing import Any

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
from core.packing import unpack_cells, unpack_indices, unpack_meters
from projections.engine.dataset import Column, table
from projections.engine.projector import EventMetadata, Projector, Tables, handles
from projections.engine.route import route
from projections.readmodels import hour
from projections.readmodels.behaviour_page import read_behaviours
from projections.readmodels.behaviour_rules import (
    BEGINNER_EPSILON,
    HUNDRED,
    Episode,
    Finding,
    from_path,
    from_trace,
    reward_against_survival,
)


class Town(msgspec.Struct, frozen=True):
    """What the rules must know of the run; `places` maps a cell's index to the affordance on it."""

    width: int
    places: dict[int, str]
    wages: tuple[str, ...]
    actions: tuple[str, ...]
    meters: tuple[str, ...]
    money_meter: str


class EpisodeInProgress(msgspec.Struct):
    """The newest episode, as far as its events have been read."""

    episode: int
    cause: str
    beginner: bool = False
    start_cell: int = 0
    path: bytes = b""
    used: tuple[str, ...] = ()


class Behaviours(Projector):
    """Episodes that show a behaviour, and what is needed to judge the next episode."""

    name = "behaviours"
    version = 4
    tables_owned = ("behaviours", "behaviour_episodes", "behaviour_in_progress", "behaviour_towns")
    ddl = """
        CREATE TABLE behaviours (
            episode INTEGER NOT NULL,
            kind TEXT NOT NULL,
            title TEXT NOT NULL,
            evidence TEXT NOT NULL,
            -- from 1; NULL: the whole episode
            step INTEGER,
            -- 1: most actions of the episode were random
            beginner INTEGER NOT NULL,
            hundred INTEGER NOT NULL,
            PRIMARY KEY (kind, beginner, hundred)
        ) WITHOUT ROWID;
        CREATE INDEX idx_behaviours_episode ON behaviours(episode);
        CREATE TABLE behaviour_episodes (
            episode_id INTEGER PRIMARY KEY,
            survival_time INTEGER NOT NULL,
            total_reward REAL NOT NULL
        );
        -- the newest episode as far as its events have been read, JSON
        CREATE TABLE behaviour_in_progress (episode TEXT NOT NULL);
        -- the town from a log position on, JSON
        CREATE TABLE behaviour_towns (position INTEGER PRIMARY KEY, town TEXT NOT NULL);
    """
    routes = (route("behaviours", read_behaviours), *hour.ROUTES)
    datasets = (
        table(
            "behaviours",
            "episodes that show a behaviour worth teaching, with the evidence",
            (
                Column("episode", "integer", "Episode that shows it"),
                Column("kind", "text", "Rule that found it"),
                Column("title", "text", "What it is called"),
                Column("evidence", "text", "The numbers that the rule compared"),
                Column(
                    "step", "integer", "Step at which the evidence begins, from 1; NULL: all of the episode"
                ),
                Column("beginner", "integer", "1: most actions of the episode were random"),
            ),
            source="behaviours",
            until="episode",
            order="episode, kind",
        ),
    )

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        kept = tables.row("SELECT episode FROM behaviour_in_progress")
        self._episode = msgspec.json.decode(kept[0], type=EpisodeInProgress) if kept is not None else None
        self._town = self._newest_town()

    @handles(RunStarted)
    def started(self, event: RunStarted, metadata: EventMetadata) -> None:
        world = event.world
        self._set_town(
            metadata,
            Town(
                width=world.width,
                places={place.y * world.width + place.x: place.name for place in world.affordances},
                wages=tuple(event.wages),
                actions=world.actions,
                meters=world.meters,
                money_meter=_money_meter(event.config.get("world", {})),
            ),
        )

    @handles(AffordancesRandomized)
    def randomized(self, event: AffordancesRandomized, metadata: EventMetadata) -> None:
        if self._town is not None:
            width = self._town.width
            places = {place.y * width + place.x: place.name for place in event.new}
            self._set_town(metadata, msgspec.structs.replace(self._town, places=places))

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, metadata: EventMetadata) -> None:
        beginner = event.epsilon is not None and event.epsilon >= BEGINNER_EPSILON
        self._episode = EpisodeInProgress(event.episode, event.cause, beginner=beginner)
        self.tables.add(
            "INSERT INTO behaviour_episodes VALUES (?, ?, ?)",
            (event.episode, event.survival_time, event.total_reward),
        )
        if event.episode % HUNDRED == 0 and event.episode > HUNDRED:
            self._compare_hundreds(event.episode, beginner)

    @handles(CellsVisited)
    def visited(self, event: CellsVisited, metadata: EventMetadata) -> None:
        if self._episode is not None and self._episode.episode == event.episode:
            self._episode.start_cell, self._episode.path = event.start_cell, event.path

    @handles(AffordancesUsed)
    def used(self, event: AffordancesUsed, metadata: EventMetadata) -> None:
        if self._episode is not None and self._episode.episode == event.episode:
            self._episode.used = event.affordances
            episode = self._whole_episode()
            if episode is not None:
                self._keep(event.episode, from_path(episode), self._episode.beginner)

    @handles(EpisodeTraced)
    def traced(self, event: EpisodeTraced, metadata: EventMetadata) -> None:
        if self._episode is None or self._episode.episode != event.episode or self._town is None:
            return
        episode = self._whole_episode()
        if episode is not None:
            traced = msgspec.structs.replace(
                episode,
                actions=unpack_indices(event.actions),
                meters=unpack_meters(event.meters, len(self._town.meters)),
            )
            self._keep(event.episode, from_trace(traced), self._episode.beginner)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        beyond = (event.after_episode,)
        self.tables.change("DELETE FROM behaviours WHERE episode > ?", beyond)
        self.tables.change("DELETE FROM behaviour_episodes WHERE episode_id > ?", beyond)
        self.tables.change("DELETE FROM behaviour_towns WHERE position > ?", (event.after_position,))
        self._town = self._newest_town()
        self._episode = None

    def finish(self) -> None:
        self.tables.change("DELETE FROM behaviour_in_progress")
        if self._episode is not None:
            episode = msgspec.json.encode(self._episode).decode()
            self.tables.change("INSERT INTO behaviour_in_progress VALUES (?)", (episode,))

    def _newest_town(self) -> Town | None:
        newest = self.tables.row("SELECT town FROM behaviour_towns ORDER BY position DESC LIMIT 1")
        return msgspec.json.decode(newest[0], type=Town) if newest is not None else None

    def _set_town(self, metadata: EventMetadata, town: Town) -> None:
        self._town = town
        self.tables.change(
            "INSERT INTO behaviour_towns VALUES (?, ?)",
            (metadata.position, msgspec.json.encode(town).decode()),
        )

    def _whole_episode(self) -> Episode | None:
        if self._episode is None or self._town is None or not self._episode.path:
            return None
        return Episode(
            path=unpack_cells(self._episode.path),
            start_cell=self._episode.start_cell,
            used=self._episode.used,
            cause=self._episode.cause,
            places=self._town.places,
            width=self._town.width,
            wages=self._town.wages,
            action_names=self._town.actions,
            meter_names=self._town.meters,
            money_meter=self._town.money_meter,
        )

    def _keep(self, episode: int, findings: Iterable[Finding], beginner: bool) -> None:
        for found in findings:
            self.tables.add(
                "INSERT INTO behaviours VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (kind, beginner, hundred) DO NOTHING",
                (
                    episode,
                    found.kind,
                    found.title,
                    found.evidence,
                    found.step,
                    int(beginner),
                    (episode - 1) // HUNDRED + 1,
                ),
            )

    def _compare_hundreds(self, episode: int, beginner: bool) -> None:
        rows = self.tables.rows(
            "SELECT avg(total_reward), avg(survival_time) FROM behaviour_episodes WHERE episode_id > ?"
            " GROUP BY (episode_id - 1) / ? ORDER BY (episode_id - 1) / ?",
            (episode - 2 * HUNDRED, HUNDRED, HUNDRED),
        )
        if len(rows) == 2:
            (reward_before, survival_before), (reward, survival) = rows
            found = reward_against_survival(
                episode // HUNDRED, (reward_before, reward), (survival_before, survival)
            )
            self._keep(episode, [found] if found is not None else [], beginner)


def _money_meter(world: dict[str, Any]) -> str:
    """The meter that holds the money, by the configuration of the world; `purse` is its former key."""
    return str(world.get("money_meter", world.get("purse", "money")))
