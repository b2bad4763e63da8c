"""What is due, judged by what lies in the folders and what the read models say: pure functions of both.

There is no other memory, so a worker that was down for a day knows what it missed, and none makes anything
twice. An export missed is made up for by one export now, which holds all that the missed one would have held.
"""

from collections.abc import Sequence

from projections.views import Attempt, Pulse
from server.snapshots.gallery import Gallery


def screenshot_due(gallery: Gallery, now: float, every_seconds: float) -> bool:
    """Whether the newest screenshot is `every_seconds` old, or there is none; times in Unix seconds."""
    return not gallery.screenshots or now - gallery.screenshots[-1].taken_at >= every_seconds


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
        lived_at = max((a.started_at for a in attempts if a.first_episode <= last), default=0.0)
        if made.get(window, float("-inf")) < lived_at:
            due.append(window)
    return due


def export_due(gallery: Gallery, now: float, every_seconds: float) -> bool:
    """Whether the newest of the regular exports is `every_seconds` old, or there is none."""
    regular = [export.made_at for export in gallery.exports if not export.final]
    return not regular or now - regular[-1] >= every_seconds


def final_export_due(gallery: Gallery, pulse: Pulse) -> bool:
    """Whether the run is complete and its final export is missing or older than the completion."""
    if pulse.status != "completed":
        return False
    return not any(export.final and export.made_at >= pulse.last_event_at for export in gallery.exports)
