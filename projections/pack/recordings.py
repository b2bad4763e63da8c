"""Which episodes' recordings a copy holds: landmarks first, then a spread, as far as a budget goes."""

import itertools
from collections.abc import Callable, Iterator

import apsw
import msgspec

from projections.pack.addresses import RECORDING
from projections.pack.chunks import deflate
from projections.pack.recorder import Recorder
from projections.readmodels.annotations import read_annotations

NEAR = 10
"""Episodes before and after a landmark that are worth seeing, too."""
LITE_SPREAD = 500
"""So many evenly spread recordings a lite copy holds beside the landmarks."""
BASE64 = 4 / 3


def landmarks(connection: apsw.Connection, newest: int) -> list[int]:
    """Episodes that the run's own marks name, the most telling first, each once."""
    marks = read_annotations(connection)
    turns = [mark.episode for mark in marks if mark.kind in ("randomized", "stage", "drop", "branched")]
    around = [
        episode
        for turn in turns
        for distance in range(NEAR + 1)
        for episode in (turn - distance, turn + 1 + distance)
    ]
    found = [episode for (episode,) in connection.execute("SELECT episode FROM behaviours ORDER BY episode")]
    extremes = _extremes(connection)
    ends = [*range(1, NEAR + 1), *range(newest, newest - NEAR, -1)]
    rest = [mark.episode for mark in marks]
    ordered = dict.fromkeys([*extremes, *ends, *around, *found, *rest])
    return [episode for episode in ordered if 1 <= episode <= newest]


def _extremes(connection: apsw.Connection) -> list[int]:
    """The longest and the shortest episode of the run and of each stage."""
    rows = connection.execute(
        "SELECT episode_id, max(survival_time) FROM episodes GROUP BY curriculum_stage"
        " UNION ALL SELECT episode_id, min(survival_time) FROM episodes GROUP BY curriculum_stage"
    )
    return [episode for episode, _ in rows]


def spread(newest: int) -> Iterator[int]:
    """Every episode once, in an order in which any beginning is spread evenly over the run."""
    step = 1 << max(0, newest - 1).bit_length()
    yield from range(step, newest + 1, step)
    while step > 1:
        yield from range(step // 2, newest + 1, step)
        step //= 2


def choose(connection: apsw.Connection, newest: int, *, full: bool) -> list[int]:
    """The episodes that a copy holds, the most important first: all of them, or landmarks and a spread."""
    marked = landmarks(connection, newest)
    others = spread(newest) if full else itertools.islice(spread(newest), LITE_SPREAD)
    return list(dict.fromkeys([*marked, *others]))


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The episodes (rising) that fit, of `wanted` many."""

    episodes: list[int]
    wanted: int


def fit(chosen: list[int], recorder: Recorder, budget_bytes: int | None, done: Callable[[], None]) -> Chosen:
    """As many of `chosen` as fit in so many bytes, the most important first; all of them without a budget.

    A recording's share is at most what it takes by itself: together they deflate better.
    """
    if budget_bytes is None:
        return Chosen(episodes=sorted(chosen), wanted=len(chosen))
    left, kept = float(budget_bytes), []
    for episode in chosen:
        left -= len(deflate(recorder.answer(RECORDING.replace("{}", str(episode))))) * BASE64
        done()
        if left < 0:
            break
        kept.append(episode)
    return Chosen(episodes=sorted(kept), wanted=len(chosen))
