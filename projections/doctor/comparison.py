"""Compares the read models row by row with a new projection of the log: finds what no sample can.

SQLite keeps no checksums of its pages, so a flipped bit in a number is a number like any other. Here the log
is projected once more, into a file that is thrown away; that takes as long and as much room as a rebuild.
"""

import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import apsw

from core.process.sqlite import open_reader
from projections.doctor.findings import Finding, ok, problem
from projections.engine.projector import Projector
from projections.engine.rebuild import build_until

SUBJECT = "read models, row by row"


def compare(connection: apsw.Connection, events: Path, projectors: Sequence[type[Projector]]) -> Finding:
    """Compare every table of a read model, which is read in one transaction, with a fresh projection.

    Raises:
        StoreError: the log cannot be projected.
    """
    positions = [position for (position,) in connection.execute("SELECT position FROM projector_positions")]
    if len(set(positions)) != 1 or not positions[0]:
        advice = "again once `projections status` shows them all at one position"
        return problem(SUBJECT, "cannot be compared, the projectors stand at different positions", advice)
    position = int(positions[0])
    tables = ["projector_positions", *(table for p in projectors for table in p.tables_owned)]
    rows = 0
    with tempfile.TemporaryDirectory() as folder:
        build_until(Path(folder) / "fresh.db", events, projectors, position)
        fresh = open_reader(Path(folder) / "fresh.db")
        try:
            for table in tables:
                query = f'SELECT * FROM "{table}"'
                for found, expected in zip_longest(connection.execute(query), fresh.execute(query)):
                    rows += 1
                    if found != expected:
                        said = f"{table}: a row is not what the log gives"
                        return problem(SUBJECT, said, "`projections rebuild`")
        except UnicodeDecodeError:
            return problem(SUBJECT, f"{table}: a text is damaged", "`projections rebuild`")
        finally:
            fresh.close()
    return ok(SUBJECT, f"{rows} rows of {len(tables)} tables are what the log gives up to {position}")
