"""Which moments a film shows and how long. Pure: the same landmarks give the same film.

Time runs at landmarks, where an episode is walked step by step, and flies between them.
"""

from collections.abc import Iterable, Sequence

import msgspec

from projections.readmodels.annotations import Annotation
from projections.readmodels.behaviour_page import Behaviour

PICTURES_PER_SECOND = 15
"""Different pictures a second; the file has every one of them twice, at thirty frames a second."""
HOLD_SECONDS = 1.0
WALK_SECONDS = 2.0
MOST_LANDMARKS = 8
SLOW_SHARE = 0.6
"""At most so much of a film is spent at landmarks."""
RANKS = {
    "randomized": 0, "recovered": 1, "routine": 2, "stage": 3, "anomaly": 4, "drop": 5, "behaviour": 6,
    "resumed": 7,
}  # fmt: skip
"""Kinds of landmarks that a film stops at; where there are too many, the lowest ranks stay."""
TITLES = {
    "randomized": "Everything in town moves",
    "recovered": "Recovered from the move",
    "anomaly": "Something went wrong",
    "drop": "Survival drops",
    "resumed": "Back from a checkpoint",
}


class Landmark(msgspec.Struct, frozen=True):
    """An episode at which a film stops, of a kind in `RANKS`, with the title that it is given."""

    episode: int
    kind: str
    title: str


class Shot(msgspec.Struct, frozen=True):
    """One picture: the end of `episode` or one of its steps, shown for `pictures` times 1/15 s.

    `beside` is the moment that the right half of the picture shows, if the film compares two.
    """

    episode: int
    step: int | None = None
    pictures: int = 1
    beside: "Shot | None" = None


class Scene(msgspec.Struct, frozen=True):
    """A chapter of a film: its title, and the shots in order."""

    title: str
    shots: list[Shot]

    @property
    def pictures(self) -> int:
        """How long the scene is, in pictures."""
        return sum(shot.pictures for shot in self.shots)


def landmarks_of(
    marks: Iterable[Annotation], recovered_at: int | None, newest: int, behaviours: Iterable[Behaviour] = ()
) -> list[Landmark]:
    """The landmarks that a film stops at, in their order: at most one an episode, `MOST_LANDMARKS` in all."""
    found: dict[int, Landmark] = {}
    candidates = [(mark.kind, mark.episode, mark.text) for mark in marks if mark.kind in RANKS]
    if recovered_at is not None:
        candidates.append(("recovered", recovered_at, ""))
    candidates += [
        (found.kind if found.kind in RANKS else "behaviour", found.episode, found.title)
        for found in behaviours
    ]
    for kind, episode, text in sorted(candidates, key=lambda found: RANKS[found[0]]):
        # the episode after the move is the first in the moved town
        at = min(max(1, episode + (kind == "randomized")), newest)
        title = TITLES.get(kind) or text[:1].upper() + text[1:]
        found.setdefault(at, Landmark(at, kind, title))
    kept = sorted(found.values(), key=lambda mark: (RANKS[mark.kind], mark.episode))[:MOST_LANDMARKS]
    return sorted(kept, key=lambda mark: mark.episode)


def plan_run(
    newest: int, landmarks: Sequence[Landmark], steps: dict[int, int], seconds: float
) -> list[Scene]:
    """The scenes of a film of about `seconds`; `steps` are the lengths of the landmarks' episodes."""
    slow_seconds = len(landmarks) * (HOLD_SECONDS + WALK_SECONDS)
    slowness = min(1.0, SLOW_SHARE * seconds / slow_seconds) if landmarks else 1.0
    slow = [_walk(mark, steps.get(mark.episode, 0), slowness) for mark in landmarks]
    left = max(1, round(seconds * PICTURES_PER_SECOND) - sum(scene.pictures for scene in slow))
    scenes: list[Scene] = []
    first = 1
    for mark, walk in zip(landmarks, slow, strict=True):
        if mark.episode > first:
            scenes.append(_lapse(first, mark.episode - 1, left, newest))
        scenes.append(walk)
        first = mark.episode + 1
    if first <= newest:
        scenes.append(_lapse(first, newest, left, newest))
    return scenes


def plan_lapse(newest: int, seconds: float) -> list[Scene]:
    """The whole run at one speed."""
    return [_lapse(1, newest, round(seconds * PICTURES_PER_SECOND), newest)]


def plan_episode(episode: int, steps: int, steps_per_second: int = PICTURES_PER_SECOND) -> list[Scene]:
    """One episode step by step, its end a second longer."""
    pictures = max(1, PICTURES_PER_SECOND // steps_per_second)
    shots = [Shot(episode, step, pictures) for step in range(1, steps + 1)]
    return [Scene(f"Episode {episode:,}", [*shots, Shot(episode, None, PICTURES_PER_SECOND)])]


def plan_pair(
    left: tuple[int, int], right: tuple[int, int], names: tuple[str, str] = ("", "")
) -> list[Scene]:
    """Two episodes (number, steps) side by side, step by step, until the longer one ends, and a second more.

    `names` are those of the runs, if there are two.
    """
    longest = max(left[1], right[1])

    def moment(of: tuple[int, int], step: int) -> Shot:
        return Shot(of[0], step if step < of[1] else None)

    shots = [
        msgspec.structs.replace(moment(left, step), beside=moment(right, step)) for step in range(1, longest)
    ]
    end = Shot(left[0], None, PICTURES_PER_SECOND, Shot(right[0]))
    sides = [
        f"Episode {number:,}{f' of {name}' if name else ''}"
        for (number, _), name in zip((left, right), names, strict=True)
    ]
    return [Scene(" · ".join(sides), [*shots, end])]


def _lapse(first: int, last: int, pictures: int, newest: int) -> Scene:
    """The episodes `first` to `last`, in their share of the pictures there are for the whole run."""
    episodes = last - first + 1
    count = max(1, min(episodes, round(pictures * episodes / newest)))
    chosen = [first + (i * (episodes - 1)) // max(1, count - 1) for i in range(count)]
    title = f"Episodes {first:,} to {last:,}" if last > first else f"Episode {first:,}"
    return Scene(title, [Shot(episode) for episode in chosen])


def _walk(mark: Landmark, steps: int, slowness: float) -> Scene:
    """A landmark's episode: a moment of stillness under its title, then its steps, evenly chosen."""
    hold = max(1, round(HOLD_SECONDS * slowness * PICTURES_PER_SECOND))
    count = min(steps, max(1, round(WALK_SECONDS * slowness * PICTURES_PER_SECOND)))
    walked = [Shot(mark.episode, max(1, steps * (i + 1) // count)) for i in range(count)]
    return Scene(f"{mark.title} · episode {mark.episode:,}", [*walked, Shot(mark.episode, None, hold)])
