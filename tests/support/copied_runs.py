"""Folders of many runs: copies of one projected run, each with its own id, configuration and parent.

    python -m tests.support.copied_runs --from RUN_DIR --out DIR --runs 200

Only read models are copied, so these runs can be listed, opened and compared, but not projected again.
"""

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw
import msgspec

from core.config import changed
from core.run_directory import in_folder
from core.run_id import derived_run_id
from projections.readmodels.run import Parent


def run_id_of(name: str) -> str:
    """The run id of the copy that is called `name`."""
    return derived_run_id({"copy": name})


def copy_run(
    source: Path,
    folder: Path,
    changes: Mapping[str, object] | None = None,
    parent: str | None = None,
    ended: str = "completed",
) -> str:
    """Make a run directory from the read model of `source`, and return its run id.

    `changes` are configuration keys with their values; `parent` is the name of the copy that it was branched
    from; `ended` is the end of its newest attempt, as in the table `attempts`.
    """
    files, run_id = in_folder(folder), run_id_of(folder.name)
    folder.mkdir(parents=True)
    shutil.copy(in_folder(source).read_model, files.read_model)
    connection = apsw.Connection(str(files.read_model))
    config: Any = msgspec.json.decode(str(connection.execute("SELECT config FROM run_facts").get))
    for key, value in (changes or {}).items():
        config = changed(config, key, value)
    point = None
    if parent is not None:
        point = msgspec.json.encode(
            Parent(
                run_id=run_id_of(parent), episode=100, position=1, digest="", changes={}, seed=None,
                layout_changed=False, future=None, exact=True, branched_at=1_795_600_000.0,
            )
        ).decode()  # fmt: skip
    with connection:
        connection.execute(
            "UPDATE run_facts SET run_id = ?, root_run_id = ?, config = ?, parent = ?",
            (
                run_id,
                run_id if parent is None else run_id_of(parent),
                msgspec.json.encode(config).decode(),
                point,
            ),
        )
        connection.execute(
            "UPDATE attempts SET ended = ? WHERE attempt = (SELECT max(attempt) FROM attempts)", (ended,)
        )
    connection.close()
    return run_id


def make_runs(source: Path, out: Path, runs: int) -> None:
    """Copies of `source` in `out`: experiments on two keys with several seeds each, every tenth a branch."""
    for number in range(runs):
        name = f"run-{number + 1:03}"
        changes: dict[str, object] = {
            "experiment.seed": number // 4,
            "population.relabel_replay": number % 2 == 0,
            "exploration.novelty": "rnd" if number % 4 < 2 else "none",
        }
        parent = f"run-{number:03}" if number % 10 == 9 else None
        copy_run(source, out / name, changes, parent)


def main() -> None:
    """Make the runs that the options name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--from", dest="source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    make_runs(options.source, options.out, options.runs)


if __name__ == "__main__":
    main()
