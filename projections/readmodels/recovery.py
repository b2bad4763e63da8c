"""Whether and when survival came back after the affordances were moved: the one definition in use.

The read model `scorecard` stores what is needed; `core.definitions` says what recovery is.
"""

import apsw
import msgspec

from core.definitions import Recovery, recovery_before_move


def read_recovery(connection: apsw.Connection, episode: int) -> Recovery:
    """The recovery from the move of the affordances, as of the end of `episode`."""
    text = connection.execute(
        "SELECT recovery FROM recoveries WHERE episode <= ? ORDER BY position DESC LIMIT 1", (episode,)
    ).get
    return (
        msgspec.json.decode(text, type=Recovery) if text is not None else recovery_before_move(planned=True)
    )
