"""The story of the run: its attempts."""

import apsw

from projections.views import Attempt


def attempts(connection: apsw.Connection) -> list[Attempt]:
    """Every attempt of the trainer, the first one first."""
    columns = Attempt.__struct_fields__
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM attempts ORDER BY attempt")
    return [Attempt(**dict(zip(columns, row, strict=True))) for row in rows]
