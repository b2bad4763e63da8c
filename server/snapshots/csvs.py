"""The table `episodes` as CSV, byte for byte as `sqlite3 -csv -header` prints `SELECT * FROM episodes`."""

import csv
import io
from pathlib import Path

import apsw

from server.snapshots.files import whole_file

COLUMNS = (
    "episode_id", "printf('%!.15g', timestamp)", "survival_time", "printf('%!.15g', total_reward)",
    "printf('%!.15g', extrinsic_reward)", "printf('%!.15g', intrinsic_reward)",
    "printf('%!.15g', intrinsic_weight)", "curriculum_stage", "printf('%!.15g', epsilon)",
)  # fmt: skip
"""The seed's columns; the shell prints a REAL with 15 digits, newer libraries by themselves with 17."""
NAMES = (
    "episode_id", "timestamp", "survival_time", "total_reward", "extrinsic_reward", "intrinsic_reward",
    "intrinsic_weight", "curriculum_stage", "epsilon",
)  # fmt: skip


def export_episodes(connection: apsw.Connection, path: Path) -> None:
    """Write all episodes of the present lineage to `path`, which appears whole.

    Raises:
        StoreError: the file cannot be written.
    """
    with whole_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(NAMES)
        rows.writerows(connection.execute(f"SELECT {', '.join(COLUMNS)} FROM episodes ORDER BY episode_id"))
        text.detach()
