"""Which screenshots may go: the older, the sparser. Nothing but screenshots is ever thinned out."""

from collections.abc import Sequence

from server.snapshots.gallery import Screenshot

DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3_600.0


def superfluous(
    screenshots: Sequence[Screenshot], now: float, keep_all_seconds: float, then_every_seconds: float
) -> list[Screenshot]:
    """The screenshots to delete at `now` (Unix seconds).

    All younger than `keep_all_seconds` stay; of the older ones the first in every `then_every_seconds` stays,
    counted from the epoch, so that what has been kept once is kept for ever.
    """
    kept: set[int] = set()
    gone = []
    for screenshot in sorted(screenshots, key=lambda picture: picture.taken_at):
        if now - screenshot.taken_at <= keep_all_seconds:
            continue
        span = int(screenshot.taken_at // then_every_seconds)
        if span in kept:
            gone.append(screenshot)
        kept.add(span)
    return gone
