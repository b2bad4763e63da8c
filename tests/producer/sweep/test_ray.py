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
from tests.producer.sweep.test_sweep import paced_config, undisturbed
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
    options = ("--seeds", 3, "--set", "training.num_episodes=60", "--runs", runs)
    ended = run_command(*SWEEP, small_config, *options, environment=ENVIRONMENT)
    assert ended.returncode == 0, ended.stderr
    assert learning_events(runs / "num_episodes=60/seed-3") == learning_events(undisturbed)


def test_an_attempt_whose_node_is_killed_goes_on_exactly_on_another_node(
    paced_config: Path, tmp_path: Path, undisturbed: Path, cluster: Any
) -> None:
    runs = tmp_path / "runs"
    run = runs / "seed-3"
    node = _add_node(cluster)
    options = ("--seeds", 3, "--runs", runs, "--address", cluster.address)
    with running(tmp_path / "sweep.log", *SWEEP, paced_config, *options, environment=ENVIRONMENT) as driver:
        wait_until(lambda: _reached(run, 1) >= 30, limit=400)
        cluster.remove_node(node, allow_graceful=False)
        _add_node(cluster)
        assert driver.wait(timeout=600) == 0, (tmp_path / "sweep.log").read_text()
    assert learning_events(run) == learning_events(undisturbed)
    assert (run / "attempts/0002.log").exists()


def test_an_attempt_on_a_stopped_node_is_replaced_and_writes_nothing_when_it_goes_on(
    paced_config: Path, tmp_path: Path, undisturbed: Path, cluster: Any
) -> None:
    runs = tmp_path / "runs"
    run = runs / "seed-3"
    node = _add_node(cluster)
    options = ("--seeds", 3, "--runs", runs, "--address", cluster.address, "--silent-after", 5)
    with running(tmp_path / "sweep.log", *SWEEP, paced_config, *options, environment=ENVIRONMENT) as driver:
        wait_until(lambda: _reached(run, 1) >= 30, limit=400)
        raylet = _raylet(node)
        stopped = [raylet, *raylet.children(recursive=True)]
        for process in stopped:
            process.send_signal(signal.SIGSTOP)
        # as on another machine: no lock of this one, and no process id that means anything
        (run / "attempts/0001.progress.json").unlink()
        (run / "events.db.lock").unlink()
        _add_node(cluster)
        wait_until(lambda: _reached(run, 2) >= 45, limit=400)
        for process in stopped:
            if process.is_running():
                process.send_signal(signal.SIGCONT)
        assert driver.wait(timeout=600) == 0, (tmp_path / "sweep.log").read_text()
    assert learning_events(run) == learning_events(undisturbed)
    assert "no heartbeat for 5 s" in (tmp_path / "sweep.log").read_text()


def test_a_cluster_without_room_is_named(small_config: Path, tmp_path: Path, cluster: Any) -> None:
    runs = tmp_path / "runs"
    options = ("--runs", runs, "--address", cluster.address)
    log = tmp_path / "sweep.log"
    with running(log, *SWEEP, small_config, *options, environment=ENVIRONMENT):
        wait_until(lambda: "no node of the Ray cluster has 1 CPUs" in log.read_text())
    assert not (runs / "seed-0/attempts").exists()


def test_an_address_without_a_cluster_is_named(small_config: Path, tmp_path: Path, free_port: int) -> None:
    address = f"127.0.0.1:{free_port}"
    ended = run_command(*SWEEP, small_config, "--runs", tmp_path / "runs", "--address", address,
                        environment=ENVIRONMENT)  # fmt: skip
    assert ended.returncode == 74
    assert f"--address {address}: no Ray cluster can be reached there" in ended.stderr
    assert not (tmp_path / "runs").exists()


def _add_node(cluster: Any) -> Any:
    """Add a node; Ray gives one 30 s to start, which a busy machine may not keep to."""
    for _ in range(5):
        with contextlib.suppress(Exception):
            return cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    raise AssertionError("Ray has started no node in five attempts")


def _raylet(node: Any) -> psutil.Process:
    (raylet,) = node.all_processes["raylet"]
    return psutil.Process(raylet.process.pid)


def _reached(run: Path, epoch: int) -> int:
    beat = read_beat(in_folder(run), epoch)
    return beat.progress.episode if beat is not None else 0
