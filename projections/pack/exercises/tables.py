"""What the exercises compute with: the columns of the run's episodes, and the numbers of the run."""

from typing import Any

import apsw
import msgspec
import numpy as np
import numpy.typing as npt

from core.definitions import WINDOW, Recovery
from projections.readmodels.curriculum import read_stage_bands
from projections.readmodels.episodes import newest_episode
from projections.readmodels.run import Run, read_run
from projections.state import read_state

Floats = npt.NDArray[np.float64]


class Uses(msgspec.Struct, frozen=True):
    """How often, in some episodes, each pair of affordances was used one straight after the other."""

    pairs: dict[tuple[str, str], int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.pairs.values())


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """The tables of a run with `newest` episodes; episode e is at index e - 1 of the columns.

    `window` is the number of episodes of a mean: that of the run, half of the episodes in a short one.
    `weight` and `epsilon` are NaN where nothing was recorded. `causes` names what ended each episode.
    `stage_starts` are the first episodes of the stages, in order.
    """

    run: Run
    newest: int
    window: int
    survival: Floats
    total: Floats
    extrinsic: Floats
    intrinsic: Floats
    weight: Floats
    epsilon: Floats
    causes: tuple[str, ...]
    stage_starts: tuple[int, ...]
    recovery: Recovery
    early: Uses
    late: Uses
    whole: Uses

    @property
    def is_curious(self) -> bool:
        """Whether new places were rewarded in this run."""
        return self.run.novelty != "none" and bool(self.weight[0] > 0.0)


def read_tables(connection: apsw.Connection) -> Tables | None:
    """The tables of a run; None before an episode has finished."""
    run, state, newest = read_run(connection), read_state(connection), newest_episode(connection)
    if run is None or state is None:
        return None
    rows: list[Any] = connection.execute(
        "SELECT survival_time, total_reward, extrinsic_reward, coalesce(intrinsic_reward, 0),"
        " intrinsic_weight, epsilon, cause FROM episodes JOIN episode_details USING (episode_id)"
        " ORDER BY episode_id"
    ).fetchall()
    columns = np.array([row[:6] for row in rows], np.float64).T
    window = max(1, min(WINDOW, newest // 2))
    return Tables(
        run=run,
        newest=newest,
        window=window,
        survival=columns[0],
        total=columns[1],
        extrinsic=columns[2],
        intrinsic=columns[3],
        weight=columns[4],
        epsilon=columns[5],
        causes=tuple(row[6] for row in rows),
        stage_starts=tuple(band.first for band in read_stage_bands(connection)),
        recovery=state.recovery,
        early=_uses(connection, 1, window),
        late=_uses(connection, newest - window + 1, newest),
        whole=_uses(connection, 1, newest),
    )


def rolling_means(survival: Floats, window: int) -> Floats:
    """Means of `window` episodes in a row; index i is of the episodes i + 1 to i + window."""
    return np.convolve(survival, np.full(window, 1.0 / window), "valid")


def _uses(connection: apsw.Connection, first: int, last: int) -> Uses:
    rows: list[Any] = connection.execute(
        "SELECT from_affordance, to_affordance, sum(visit_count) FROM affordance_visits"
        " WHERE episode_id BETWEEN ? AND ? GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        (first, last),
    ).fetchall()
    return Uses({(before, after): int(count) for before, after, count in rows})
