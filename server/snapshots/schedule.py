"""What is due, decided from the files in the folders and from the read models: pure functions of both.

The worker keeps no other state, so a worker that was down for a day makes what is missing, and makes nothing
twice. One export replaces all exports that were missed, because an export holds every row of the earlier
ones. While the trainer is not running, nothing is due that is newer than the last event already:
`quiet_since` is the time of that event then (Unix seconds), and None while the trainer runs.
"""

from collections.abc import Iterable, Sequence

from projections.readmodels.attempts import Attempt
from server.snapshots.gallery import Gallery, NoveltyGif
from server.snapshots.retention import kept_windows


def screenshot_due(gallery: Gallery, now: float, every_seconds: float, quiet_since: float | None) -> bool:
    """Whether the newest screenshot is `every_seconds` old and does not show the end (`now`: Unix s)."""
    taken_at = [screenshot.taken_at for screenshot in gallery.screenshots]
    return _interval_over(taken_at, now, every_seconds) and not _any_since(taken_at, quiet_since)


def export_due(gallery: Gallery, now: float, every_seconds: float, quiet_since: float | None) -> bool:
    """Whether the newest regular export is `every_seconds` old and no export holds all rows."""
    regular = [export.made_at for export in gallery.exports if not export.final]
    every = [export.made_at for export in gallery.exports]
    return _interval_over(regular, now, every_seconds) and not _any_since(every, quiet_since)


def final_export_due(gallery: Gallery, completed: bool, last_event_at: float) -> bool:
    """Whether the run is complete and its final export is missing or older than the completion."""
    finals = [export.made_at for export in gallery.exports if export.final]
    return completed and not _any_since(finals, last_event_at)


def gifs_due(
    gallery: Gallery, episodes_finished: int, attempts: Sequence[Attempt], per_gif: int, limit: int
) -> list[tuple[int, int]]:
    """The windows of `per_gif` episodes, (first, last), that are to have a GIF and have none, oldest first.

    At most `limit` windows are to have one, see `retention.kept_windows`. A GIF counts as missing, too, when
    a later attempt has repeated those episodes since it was made.
    """
    made = {(gif.first, gif.last): gif.made_at for gif in gallery.gifs}
    due = []
    for number in kept_windows(episodes_finished // per_gif, limit):
        window = ((number - 1) * per_gif + 1, number * per_gif)
        if made.get(window, float("-inf")) < attempt_began_at(window[1], attempts):
            due.append(window)
    return due


def gifs_to_delete(gallery: Gallery, episodes_finished: int, per_gif: int, limit: int) -> list[NoveltyGif]:
    """The GIFs of finished windows of `per_gif` episodes that are not to have one any more."""
    finished = episodes_finished // per_gif
    kept = set(kept_windows(finished, limit))
    return [
        gif
        for gif in gallery.gifs
        if gif.last % per_gif == 0
        and gif.first == gif.last - per_gif + 1
        and gif.last // per_gif <= finished
        and gif.last // per_gif not in kept
    ]


def attempt_began_at(episode: int, attempts: Sequence[Attempt]) -> float:
    """When the newest attempt that ran `episode` began, Unix seconds."""
    return max((a.started_at for a in attempts if a.first_episode <= episode), default=0.0)


def _interval_over(made_at: Iterable[float], now: float, every_seconds: float) -> bool:
    """Files dated after `now` were made before the clock was set back; their age is unknown."""
    return now - max((at for at in made_at if at <= now), default=float("-inf")) >= every_seconds


def _any_since(made_at: Iterable[float], moment: float | None) -> bool:
    return moment is not None and any(at >= moment for at in made_at)
