"""Sweeps on Ray: a local one, and a cluster of two nodes on this machine, one of them killed in mid-run.

`make test-cluster` installs Ray and runs these; without Ray they are left out.
"""

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.run_directory import in_folder
from producer.sweep.heartbeat import read_beat
from producer.sweep.objects import objects_at
from producer.sweep.place import SharedDirectory
from producer.sweep.progress import read_progress
from producer.sweep.stored_run import StoredRun
from tests.producer.sweep.test_sweep import (
    INTERRUPTED_AT,
    LIMIT,
    SHORT,
    paced_config,
    stop_between_transactions,
    undisturbed,
)
from tests.support.logs import learning_events
from tests.support.processes import run_command, running, wait_until

ray = pytest.importorskip("ray")

pytestmark = pytest.mark.filterwarnings("default")  # Ray's own warnings
ENVIRONMENT = {"RAY_AUTH_MODE": "disabled", "RAY_worker_niceness": "0"}
SWEEP = (sys.executable, "-m", "producer.cli", "sweep")

__all__ = ["paced_config", "undisturbed"]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A cluster whose head takes no attempts; a test adds nodes."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    from ray.cluster_utils import Cluster

    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "include_dashboard": False, "object_store_memory": 80 * 2**20},
    )
    yield made
    made.shutdown()


def test_without_a_cluster_ray_is_started_here(small_config: Path, tmp_path: Path, undisturbed: Path) -> None:
    runs = tmp_path / "runs"
    options = ("--seeds", 3, *SHORT, "--runs", runs)
    ended = run_command(*SWEEP, small_config, *options, environment=ENVIRONMENT, limit=LIMIT)
    assert ended.returncode == 0, ended.stderr
    assert learning_events(runs / "num_episodes=40,checkpoint_every=5/seed-3") == learning_events(undisturbed)


@pytest.mark.parametrize("in_store", [False, True], ids=["directory", "store"])
def test_an_attempt_whose_node_is_killed_goes_on_exactly_on_another_node(
    paced_config: Path, tmp_path: Path, undisturbed: Path, cluster: Any, in_store: bool
) -> None:
    runs, store = tmp_path / "runs", tmp_path / "store"
    node = _add_node(cluster)
    options = ("--seeds", 3, "--runs", runs, "--address", cluster.address)
    options += ("--store", store) if in_store else ()
    run, kept = runs / "seed-3", store if in_store else runs
    with running(tmp_path / "sweep.log", *SWEEP, paced_config, *options, environment=ENVIRONMENT) as driver:
        wait_until(lambda: _place(kept).read_beat(1) is not None, LIMIT)
        wait_until(lambda: _place(kept).progress().episode >= INTERRUPTED_AT, LIMIT)
        cluster.remove_node(node, allow_graceful=False)
        _add_node(cluster)
        assert driver.wait(timeout=LIMIT) == 0, (tmp_path / "sweep.log").read_text()
    assert learning_events(run) == learning_events(undisturbed)
    *_, newest = sorted((run / "attempts").glob("*.log"))
    assert "going on after episode" in newest.read_text()


def test_an_attempt_on_a_stopped_node_is_replaced_and_writes_nothing_when_it_goes_on(
    paced_config: Path, tmp_path: Path, undisturbed: Path, cluster: Any
) -> None:
    runs = tmp_path / "runs"
    run = runs / "seed-3"
    nodes = [_add_node(cluster), _add_node(cluster)]
    options = ("--seeds", 3, "--runs", runs, "--address", cluster.address, "--silent-after", 10)
    with running(tmp_path / "sweep.log", *SWEEP, paced_config, *options, environment=ENVIRONMENT) as driver:
        wait_until(lambda: _reached(run, 1) >= INTERRUPTED_AT, LIMIT)
        (raylet,) = (raylet for raylet in map(_raylet, nodes) if _pid(run) in _below(raylet))
        stopped = [raylet, *raylet.children(recursive=True)]
        stop_between_transactions(stopped, run / "events.db")
        # as on another machine: no lock of this one, and no process id that means anything
        (run / "attempts/0001.progress.json").unlink()
        (run / "events.db.lock").unlink()
        wait_until(lambda: read_progress(in_folder(run)).episode >= 30, LIMIT)
        for process in stopped:
            if process.is_running():
                process.send_signal(signal.SIGCONT)
        assert driver.wait(timeout=LIMIT) == 0, (tmp_path / "sweep.log").read_text()
    assert learning_events(run) == learning_events(undisturbed)
    assert "no heartbeat for 10 s" in (tmp_path / "sweep.log").read_text()


def test_a_cluster_without_room_is_named(small_config: Path, tmp_path: Path, cluster: Any) -> None:
    runs = tmp_path / "runs"
    options = ("--runs", runs, "--address", cluster.address)
    log = tmp_path / "sweep.log"
    with running(log, *SWEEP, small_config, *options, environment=ENVIRONMENT):
        wait_until(lambda: "no node of the Ray cluster has 1 CPUs" in log.read_text(), LIMIT)
    assert not (runs / "seed-0/attempts").exists()


def test_a_cluster_without_a_gpu_is_named(small_config: Path, tmp_path: Path, cluster: Any) -> None:
    _add_node(cluster)
    options = ("--runs", tmp_path / "runs", "--address", cluster.address, "--gpus", 0.25)
    log = tmp_path / "sweep.log"
    with running(log, *SWEEP, small_config, *options, environment=ENVIRONMENT):
        wait_until(
            lambda: "no node of the Ray cluster has 1 CPUs and 0.25 of a GPU" in log.read_text(), LIMIT
        )


def test_an_address_without_a_cluster_is_named(small_config: Path, tmp_path: Path, free_port: int) -> None:
    address = f"127.0.0.1:{free_port}"
    ended = run_command(*SWEEP, small_config, "--runs", tmp_path / "runs", "--address", address,
                        environment=ENVIRONMENT, limit=LIMIT)  # fmt: skip
    assert ended.returncode == 74
    assert f"--address {address}: no Ray cluster can be reached there" in ended.stderr
    assert not (tmp_path / "runs").exists()


def test_ray_client_is_refused(small_config: Path, tmp_path: Path) -> None:
    ended = run_command(*SWEEP, small_config, "--runs", tmp_path / "runs", "--address", "ray://127.0.0.1:10001",
                        environment=ENVIRONMENT, limit=LIMIT)  # fmt: skip
    assert ended.returncode == 78
    assert "run the sweep on a node of the cluster" in ended.stderr


def _add_node(cluster: Any) -> Any:
    """Add a node; Ray gives one 30 s to start, which a busy machine may not keep to."""
    for _ in range(5):
        with contextlib.suppress(Exception):
            return cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    raise AssertionError("Ray has started no node in five attempts")


def _raylet(node: Any) -> psutil.Process:
    (raylet,) = node.all_processes["raylet"]
    return psutil.Process(raylet.process.pid)


def _below(process: psutil.Process) -> set[int]:
    return {child.pid for child in process.children(recursive=True)}


def _pid(run: Path) -> int:
    beat = read_beat(in_folder(run), 1)
    assert beat is not None
    return beat.pid


def _place(kept: Path) -> SharedDirectory | StoredRun:
    """The run of seed 3 as the sweep sees it, in a directory or in a store."""
    if kept.name == "store":
        return StoredRun(objects_at(kept.as_uri()), "seed-3")
    return SharedDirectory(kept / "seed-3")


def _reached(run: Path, epoch: int) -> int:
    beat = read_beat(in_folder(run), epoch)
    return beat.progress.episode if beat is not None else 0
