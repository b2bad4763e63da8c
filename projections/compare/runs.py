"""What a comparison needs of one run: its configuration, its curves on a grid, its figures.

A curve has its points on a fixed grid: every k episodes, or every k agent-steps. The value at a point is that
of the newest episode finished there; survival is the mean of the last `WINDOW` episodes. Nothing is
interpolated, and the grid only chooses at which points values are read: another grid has the same values.
"""

from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import apsw
import msgspec
import numpy as np
import numpy.typing as npt

from core.definitions import WINDOW, Recovery
from projections.compare.intervals import Floats
from projections.engine.reader import ReadModel
from projections.engine.route import QueryError
from projections.readmodels.episodes import newest_episode
from projections.readmodels.recovery import read_recovery
from projections.readmodels.run import Run, read_configuration, read_run
from projections.readmodels.system_state import read_layout
from projections.runs.configurations import leaves

__all__ = [
    "CURVES",
    "FIGURES",
    "USES",
    "Axis",
    "Curve",
    "Figure",
    "NamedRun",
    "RunData",
    "curves_of",
    "grid",
    "read_run_data",
]

Axis: TypeAlias = Literal["episodes", "agent-steps"]
MOST_POINTS = 200


class NamedRun(NamedTuple):
    """A run to compare: what people call it, and its read model."""

    name: str
    read_model: Path


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity over the course of a run; `about` says how a point is computed."""

    key: str
    label: str
    unit: str
    about: str


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a whole run; `about` says how the number is computed.

    Figures of one `topic` have the same unit and can be drawn on one axis.
    """

    key: str
    label: str
    topic: str
    unit: str
    about: str


CURVES = (
    Curve(key="survival", label="Survival", unit="steps", about=f"mean of the last {WINDOW} episodes"),
    Curve(
        key="intrinsic_weight",
        label="Intrinsic weight",
        unit="",
        about="weight of the intrinsic reward at the end of the episode",
    ),
    Curve(key="epsilon", label="Epsilon", unit="", about="probability of a random action then"),
    Curve(key="stage", label="Stage", unit="", about="stage of the curriculum then, from 1"),
)
COLUMNS = ("mean_survival", "intrinsic_weight", "epsilon", "curriculum_stage")
"""Of each curve, in the same order."""

FIGURES = (
    Figure(
        key="final_survival",
        label="Final survival",
        topic="Survival at the end and before the move",
        unit="steps",
        about=f"mean of the last {WINDOW} episodes; absent in a run with fewer",
    ),
    Figure(
        key="survival_before_move",
        label="Survival before the move",
        topic="Survival at the end and before the move",
        unit="steps",
        about=f"mean of the last {WINDOW} episodes when the affordances were moved",
    ),
    Figure(
        key="recovery",
        label="Recovery time",
        topic="Recovery",
        unit="episodes",
        about="from the move until survival was back; only runs that dropped and came back have it",
    ),
)
USES = "uses:"
"""Begins the key of the figure for uses of an affordance; its name follows."""


class RunData(NamedTuple):
    """One run as far as a comparison needs it.

    `config` is flat: full key → value. `figures` maps the key of a figure to its value, None where absent.
    `agent_steps` counts up to the newest episode, `split_steps` up to the branch point.
    """

    name: str
    read_model: Path
    run: Run
    config: dict[str, Any]
    layout: str
    episodes: int
    agent_steps: int
    recovery: Recovery
    figures: dict[str, float | None]
    split_steps: int | None

    def split_at(self, axis: Axis) -> int | None:
        """The end of the history that a branch shares with its parent, on the axis; None for no branch."""
        if self.run.parent is None:
            return None
        return self.run.parent.episode if axis == "episodes" else self.split_steps


def read_run_data(named: NamedRun) -> RunData:
    """Read all of a run but its curves.

    Raises:
        QueryError: there is no read model yet, or the run has not started.
    """
    model = ReadModel(named.read_model)
    try:
        with model.snapshot() as connection:
            run = read_run(connection) if connection is not None else None
            if connection is None or run is None:
                raise QueryError(
                    f"{named.name}: no read model yet; `projections run --run-dir {named.read_model.parent}"
                    " --until-caught-up` makes it"
                )
            configuration = read_configuration(connection)
            episodes = newest_episode(connection)
            recovery = read_recovery(connection, episodes)
            layout = read_layout(connection, episodes)
            return RunData(
                name=named.name,
                read_model=named.read_model,
                run=run,
                config=leaves(configuration.config) if configuration is not None else {},
                layout=" · ".join(f"{place.name} {place.x},{place.y}" for place in layout),
                episodes=episodes,
                agent_steps=_agent_steps(connection, run, episodes),
                recovery=recovery,
                figures=_figures(connection, run, episodes, recovery),
                split_steps=_agent_steps(connection, run, run.parent.episode) if run.parent else None,
            )
    finally:
        model.close()


def grid(longest: int) -> npt.NDArray[np.int64]:
    """The points at which curves are read: multiples of 1, 2, 2.5 or 5 times a power of ten, at most 200."""
    step, scale = 1, 1
    while longest // step > MOST_POINTS:
        step = next(
            (k for k in (scale, 2 * scale, 5 * scale // 2, 5 * scale) if longest // k <= MOST_POINTS), step
        )
        scale *= 10
    return np.arange(step, longest + 1, step, dtype=np.int64)


def curves_of(data: RunData, axis: Axis, points: npt.NDArray[np.int64]) -> Floats:
    """The curves `CURVES` of a run at `points`, `[curves, points]`; NaN beyond its end, and where absent."""
    model = ReadModel(data.read_model)
    result = np.full((len(COLUMNS), points.size), np.nan)
    try:
        with model.snapshot() as connection:
            if connection is None:
                return result
            if axis == "episodes":
                episodes = points[points <= data.episodes]
            else:
                episodes = _episodes_at(connection, data.run, points[points <= data.agent_steps])
            rows = _rows(connection, episodes)
            for index, episode in enumerate(episodes.tolist()):
                if episode in rows:
                    result[:, index] = rows[episode]
    finally:
        model.close()
    return result


def _rows(connection: apsw.Connection, episodes: npt.NDArray[np.int64]) -> dict[int, list[float]]:
    """The values of `COLUMNS` at each episode; NaN for NULL."""
    wanted = msgspec.json.encode(sorted(set(episodes.tolist()))).decode()
    rows: Any = connection.execute(
        f"SELECT episode_id, {', '.join(COLUMNS)} FROM episodes JOIN survival_means USING (episode_id)"
        " WHERE episode_id IN (SELECT value FROM json_each(?))",
        (wanted,),
    )
    return {row[0]: [np.nan if value is None else float(value) for value in row[1:]] for row in rows}


def _episodes_at(
    connection: apsw.Connection, run: Run, steps: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The newest episode finished at each number of agent-steps, 0 before the first."""
    rows: Any = connection.execute("SELECT vector_step FROM episode_details ORDER BY episode_id").fetchall()
    finished_at = np.array([row[0] for row in rows], np.int64) * run.num_agents
    found: npt.NDArray[np.int64] = np.searchsorted(finished_at, steps, side="right")
    return found


def _agent_steps(connection: apsw.Connection, run: Run, episode: int) -> int:
    """Agent-steps up to the end of `episode`."""
    vector_step: Any = connection.execute(
        "SELECT vector_step FROM episode_details WHERE episode_id = ?", (episode,)
    ).get
    return int(vector_step or 0) * run.num_agents


def _figures(
    connection: apsw.Connection, run: Run, episodes: int, recovery: Recovery
) -> dict[str, float | None]:
    whole = episodes >= WINDOW
    final: Any = connection.execute(
        "SELECT mean_survival FROM survival_means WHERE episode_id = ?", (episodes,)
    ).get
    figures: dict[str, float | None] = {
        "final_survival": float(final) if whole else None,
        "survival_before_move": recovery.before,
        "recovery": float(recovery.episodes) if recovery.episodes is not None else None,
    }
    uses = dict.fromkeys(run.affordances, 0)
    rows: Any = connection.execute(
        "SELECT affordances FROM replay_uses JOIN episode_details USING (episode_id, attempt)"
        " WHERE episode_id > ?",
        (episodes - WINDOW,),
    )
    for (text,) in rows:
        for name in msgspec.json.decode(text, type=tuple[str, ...]):
            uses[name] = uses.get(name, 0) + 1
    for name, count in uses.items():
        figures[f"{USES}{name}"] = count / WINDOW if whole else None
    return figures
