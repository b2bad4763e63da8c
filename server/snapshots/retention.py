"""Which files are deleted so that each kind stays within its budget: the older the files, the sparser.

Every rule is a function of the files and of the time alone, and nested: what a coarser rule keeps, a finer
rule keeps too, so files that have been deleted are never missed later.
"""

from collections.abc import Sequence

DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3_600.0
NEWEST_SHARE = 4
"""One in so many of the GIFs within the budget belongs to the newest windows; the others span the run."""


def times_to_delete(
    made_at: Sequence[float], now: float, keep_all_seconds: float, then_every_seconds: float, limit: int
) -> set[float]:
    """Which of the files made at these times (Unix seconds) are deleted at `now`.

    Files younger than `keep_all_seconds` stay. Of the older ones the first in every `then_every_seconds`
    (counted from the epoch) stays. When more than `limit` files would stay, that span doubles until they fit,
    but `keep_all_seconds` holds.
    """
    young = [at for at in made_at if now - at <= keep_all_seconds]
    old = sorted(at for at in made_at if now - at > keep_all_seconds)
    span = then_every_seconds
    while True:
        kept: dict[int, float] = {}
        for at in old:
            kept.setdefault(int(at // span), at)
        if len(kept) + len(young) <= max(limit, len(young) + 1):
            return set(old) - set(kept.values())
        span *= 2


def kept_windows(finished: int, limit: int) -> list[int]:
    """Which of the windows 1 to `finished` are to have a GIF: all, as long as that is at most `limit`.

    Else the newest quarter of `limit`, and before it every second window, every fourth, and so on, from the
    first window of the run.
    """
    if finished <= limit:
        return list(range(1, finished + 1))
    newest = max(1, limit // NEWEST_SHARE)
    older, stride = finished - newest, 1
    while -(-older // stride) > limit - newest and stride < older:
        stride *= 2
    spread = range(1, older + 1, stride) if limit > newest else range(0)
    return [*spread, *range(older + 1, finished + 1)]
