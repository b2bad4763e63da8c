"""The story of the run: attempts, ticks of the timeline, odd behaviours."""

import apsw

from projections.views import Annotation, Attempt, Behaviour


def attempts(connection: apsw.Connection) -> list[Attempt]:
    """Every attempt of the trainer, the first one first."""
    columns = Attempt.__struct_fields__
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM attempts ORDER BY attempt")
    return [Attempt(**dict(zip(columns, row, strict=True))) for row in rows]


def annotations(
    connection: apsw.Connection, first: int | None = None, last: int | None = None
) -> list[Annotation]:
    """What is worth a tick from episode `first` to `last`, in the order it happened."""
    between = (first if first is not None else 0, last if last is not None else 2**62)
    rows = connection.execute(
        "SELECT episode, position, kind, text FROM annotations WHERE episode BETWEEN ?1 AND ?2"
        " UNION ALL"
        " SELECT episode_id, position, 'record', printf('record: mean survival %.0f', mean_survival)"
        " FROM survival_records WHERE episode_id BETWEEN ?1 AND ?2 ORDER BY 1, 2",
        between,
    )
    columns = Annotation.__struct_fields__
    return [Annotation(**dict(zip(columns, row, strict=True))) for row in rows]


def behaviours(connection: apsw.Connection, limit: int = 50) -> list[Behaviour]:
    """The newest `limit` odd episodes, the newest first."""
    rows = connection.execute(
        "SELECT episode, kind, title, evidence FROM behaviours ORDER BY episode DESC, kind LIMIT ?", (limit,)
    )
    columns = Behaviour.__struct_fields__
    return [Behaviour(**dict(zip(columns, row, strict=True))) for row in rows]
