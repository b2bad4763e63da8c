"""What is due, judged by what lies in the folders and what the read models say: pure functions of both.

There is no other memory, so a worker that was down for a day knows what it missed, and none makes anything
twice. An export missed is made up for by one export now, which holds all that the missed one would have held.
"""

from collections.abc import Iterable, Sequence

from projections.readmodels.attempts import Attempt
from projections.readmodels.health import TrainerStatus
from server.snapshots.gallery import Gallery


def screenshot_due(gallery: Gallery, now: float, every_seconds: float) -> bool:
    """Whether the newest screenshot is `every_seconds` old, or there is none; times in Unix seconds."""
    return _due((screenshot.taken_at for screenshot in gallery.screenshots), now, every_seconds)


def gifs_due(
    gallery: Gallery, episodes_finished: int, attempts: Sequence[Attempt], per_gif: int
) -> list[tuple[int, int]]:
    """The windows of `per_gif` episodes, (first, last), that are complete and have no GIF yet, oldest first.

    A GIF counts as missing, too, when a later attempt has lived those episodes again since it was made.
    """
    made = {(gif.first, gif.last): gif.made_at for gif in gallery.gifs}
    due = []
    for last in range(per_gif, episodes_finished + 1, per_gif):
        window = (last - per_gif + 1, last)
        if made.get(window, float("-inf")) < lived_at(last, attempts):
            due.append(window)
    return due


def lived_at(episode: int, attempts: Sequence[Attempt]) -> float:
    """When the attempt began that lived an episode last, Unix seconds."""
    return max((a.started_at for a in attempts if a.first_episode <= episode), default=0.0)


def export_due(gallery: Gallery, now: float, every_seconds: float) -> bool:
    """Whether the newest of the regular exports is `every_seconds` old, or there is none."""
    return _due((export.made_at for export in gallery.exports if not export.final), now, every_seconds)


def _due(made_at: Iterable[float], now: float, every_seconds: float) -> bool:
    """What has a time still to come was made before the clock was set back, and says nothing about now."""
    return now - max((at for at in made_at if at <= now), default=float("-inf")) >= every_seconds


def final_export_due(gallery: Gallery, pulse: TrainerStatus) -> bool:
    """Whether the run is complete and its final export is missing or older than the completion."""
    if pulse.status != "completed":
        return False
    return not any(export.final and export.made_at >= pulse.last_event_at for export in gallery.exports)
