"""Which moments of a run are worth a picture: every so many episodes, and its landmarks. Pure."""

from collections.abc import Iterable

from core.definitions import Recovery
from projections.readmodels.annotations import Annotation
from projections.readmodels.behaviour_page import Behaviour

LAYERS: dict[str, str] = {
    "page": "",
    "town": "present=town&map=none",
    "visits": "present=town&map=visits",
    "novelty": "present=town&map=novelty",
    "story": "present=story",
    "survival": "present=survival",
    "reward": "present=reward",
    "curiosity": "present=curiosity",
    "curriculum": "present=curriculum",
    "garden-path": "present=garden-path",
}
"""What a picture can show, by name (the page, or a scene of `PresentPage.vue`), and how it is asked for."""

NO_LANDMARKS = ("checkpoint",)
"""Kinds of marks that come at regular intervals and change nothing that is seen."""


def regular_moments(newest: int, every: int) -> list[int]:
    """Episode 1, every `every`-th episode, and the newest one."""
    return sorted({1, newest, *range(every, newest + 1, every)})


def recovery_moment(recovery: Recovery) -> int | None:
    """The episode at whose end survival was back after the move; None where it was not."""
    if recovery.moved_at is None or recovery.episodes is None:
        return None
    return recovery.moved_at + recovery.episodes


def landmark_moments(
    marks: Iterable[Annotation], recovered_at: int | None, newest: int, behaviours: Iterable[Behaviour] = ()
) -> list[int]:
    """The episodes of the landmarks, of `behaviours`, and the one after a move, the first in the new town."""
    found = {behaviour.episode for behaviour in behaviours}
    for mark in marks:
        if mark.kind in NO_LANDMARKS:
            continue
        found.add(mark.episode)
        if mark.kind == "randomized":
            found.add(mark.episode + 1)
    if recovered_at is not None:
        found.add(recovered_at)
    return sorted({min(max(1, episode), newest) for episode in found})


def address_of(episode: int, layer: str, theme: str) -> str:
    """The query string that draws a moment: "?still&episode=5060&…"."""
    parts = ["still", f"episode={episode}", f"theme={theme}", LAYERS[layer]]
    return "?" + "&".join(part for part in parts if part)
