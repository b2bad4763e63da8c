"""What the dashboard asks: the addresses that a frozen copy must be able to answer.

An address is written as the page writes it (`frontend/src/lib/api.ts`), since the copy looks it up as text.
"""

from collections.abc import Sequence

import apsw
import msgspec

from projections.pack.recorder import Recorder
from projections.pyramid import METRICS
from projections.readmodels.behaviour_page import BehaviourPage

BEHAVIOURS_A_PAGE = 20
MOST_BEHAVIOURS = 400
"""Of the whole list at the end of the run so many can be turned to, twenty at a time."""

SINGLE = (
    "run",
    "trainer",
    "state",
    "config",
    "stages",
    "attempts",
    "baseline",
    "annotations",
    "novelty_scale",
    "pair",
    "hour",
    "scorecard",
    "survival_histograms",
    "policy",
    # as the charts ask for the whole run, and the finest answer, which the copy cuts stretches from
    "series?metric=survival_time&points=400",
    *(f"series?metric={metric}&points={points}" for metric in METRICS for points in (640, 2000)),
    *(f"causes?points={points}" for points in (250, 2000)),
    *(f"health?points={points}" for points in (320, 2000)),
    *(f"clock?points={points}" for points in (400, 1000)),
)
"""Addresses without an episode."""

EVERY_EPISODE = {
    "state": "state?episode={}",
    "graph": "graph?first=1&last={}",
    "scorecard": "scorecard?episode={}",
    "histograms": "survival_histograms?episode={}",
}
"""Addresses that are answered for every episode, by the name of their chunks; `{}` is the episode."""

POLICY = "policy?episode={}"
BEHAVIOURS = f"behaviours?episode={{}}&KINDlimit={BEHAVIOURS_A_PAGE}"
"""Answers that change seldom: with a new policy, and with a new behaviour."""

RECORDING = "replay/{}"
"""The address of an episode's recording."""


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one copy answers, recordings aside.

    `every_episode`: by the name of the chunks the address, and the episodes at which the answer can change.
    """

    single: tuple[str, ...]
    every_episode: dict[str, tuple[str, Sequence[int]]]


def addresses_of(recorder: Recorder, connection: apsw.Connection, newest: int) -> Addresses:
    """The addresses of a run with `newest` episodes: those of every run and of its kinds of behaviour."""
    found = msgspec.json.decode(recorder.answer("behaviours?limit=1"), type=BehaviourPage)
    every_episode: dict[str, tuple[str, Sequence[int]]] = {
        name: (address, range(1, newest + 1)) for name, address in EVERY_EPISODE.items()
    }
    recorded = _changes(connection, "SELECT DISTINCT episode FROM policies", newest)
    first = min(recorded, default=newest + 1)
    # before the first policy each answer names the episode that it has none for
    every_episode["policy"] = (POLICY, [*range(1, first), *recorded])
    seen = _changes(connection, "SELECT DISTINCT episode FROM behaviours", newest)
    seen = sorted({1, *seen})
    every_episode["behaviours"] = (BEHAVIOURS.replace("KIND", ""), seen)
    single = [*SINGLE, *_pages(found.total)]
    for kind in found.kinds:
        every_episode[f"behaviours-{kind.kind}"] = (BEHAVIOURS.replace("KIND", f"kind={kind.kind}&"), seen)
        single += _pages(kind.count, f"kind={kind.kind}&")
    return Addresses(single=tuple(single), every_episode=every_episode)


def _changes(connection: apsw.Connection, query: str, newest: int) -> list[int]:
    """The episodes from 1 to `newest` that a query gives, in order."""
    return sorted(episode for (episode,) in connection.execute(query) if 1 <= episode <= newest)


def _pages(total: int, kind: str = "") -> list[str]:
    """The list of behaviours, a page longer each time, up to all of them."""
    most = min(max(total, 1), MOST_BEHAVIOURS)
    limits = range(BEHAVIOURS_A_PAGE, most + BEHAVIOURS_A_PAGE, BEHAVIOURS_A_PAGE)
    return [f"behaviours?{kind}limit={limit}" for limit in limits]
