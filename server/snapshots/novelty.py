"""The frames of a novelty GIF, from the read models' history."""

import apsw

from core.errors import StoreError
from projections.readmodels.heatmap import read_novelty_frames
from projections.readmodels.system_state import read_layout
from server.snapshots.gifs import NoveltyFrame


def novelty_frames(connection: apsw.Connection, first: int, last: int) -> list[NoveltyFrame]:
    """One frame for every episode from `first` to `last` that there is.

    Raises:
        StoreError: there is none.
    """
    found = read_novelty_frames(connection, first, last)
    if not found.episodes:
        raise StoreError(f"the read models have no novelty of the episodes {first} to {last}")
    return [
        NoveltyFrame(episode, novelty, read_layout(connection, episode))
        for episode, novelty in zip(found.episodes, found.novelty, strict=True)
    ]
