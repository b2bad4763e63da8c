"""Trainer, projector and server end in every order; what stays is one whole file each, and no `-wal`."""

import itertools
import shutil
from pathlib import Path

import apsw
import pytest

from tests.support.logs import log_head
from tests.support.processes import Process, Start, end, wait_until
from tests.support.training import write_paced_config

ORDERS = list(itertools.permutations(("producer", "projections", "server")))


def rows(file: Path, query: str, folder: Path) -> int:
    """What a query counts in a copy of a database file alone."""
    copy = folder / f"copy-of-{file.name}"
    shutil.copyfile(file, copy)
    connection = apsw.Connection(str(copy), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return int(connection.execute(query).get)
    finally:
        connection.close()


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_every_order_of_ending_leaves_whole_files(
    order: tuple[str, ...], tmp_path: Path, small_config: Path, page: Path, start: Start
) -> None:
    run_dir = tmp_path / "run"
    # at this pace the trainer is alive until it is ended
    paced = write_paced_config(tmp_path / "paced.yaml", small_config, 20_000)
    trained = ("run", "--config", paced, "--episodes", 100_000, "--run-dir", run_dir)
    served = ("run", "--run-dir", run_dir, "--port", 0, "--frontend", page)
    processes: dict[str, Process] = {"producer": start("producer", *trained)}
    wait_until(lambda: log_head(run_dir / "events.db") > 50)
    processes["projections"] = start("projections", "run", "--run-dir", run_dir)
    wait_until(lambda: (run_dir / "demo_state.db").exists())
    processes["server"] = start("server", *served)
    wait_until(lambda: "The dashboard is at" in (tmp_path / "server-2.log").read_text())

    for name in order:
        assert end(processes[name]) == 0

    assert not list(run_dir.glob("*-wal")) + list(run_dir.glob("*-shm"))
    head = rows(run_dir / "events.db", "SELECT max(position) FROM events", tmp_path)
    assert head == log_head(run_dir / "events.db")
    projected = rows(run_dir / "demo_state.db", "SELECT max(position) FROM projector_positions", tmp_path)
    assert 0 < projected <= head
