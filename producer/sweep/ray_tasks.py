"""Attempts as tasks of Ray Core, on this machine or on a cluster. Ray starts them; it retries nothing.

A task starts the same process as `producer.sweep.local_processes` does, on the node that is chosen here, and
returns its exit code. All nodes must reach the directory of the sweep, or its store.
"""

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import ConfigError, StoreError
from core.run_directory import in_folder
from producer.sweep.executor import Outcome, last_line
from producer.sweep.leases import attempt_log
from producer.sweep.local_processes import END_SECONDS, start_attempt
from producer.sweep.objects import is_store, objects_at
from producer.sweep.stored_run import StoredRun

__all__ = ["RayTasks", "Share", "connect", "run_attempt"]

OBJECT_STORE_BYTES = 80 * 2**20
"""Ray would reserve a third of the memory for objects; a sweep passes none."""
SETTINGS = {
    "RAY_DEDUP_LOGS": "0",  # lines that differ in digits only are not merged
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # code is installed on the nodes, never uploaded
}
POLL_SECONDS = 0.2
CONNECT_SECONDS = 10.0


class Share(NamedTuple):
    """What Ray reserves for one attempt: the threads of its configuration, and a part of a GPU."""

    cpus: float
    gpus: float


def connect(address: str | None) -> Any:
    """The module `ray`, connected to the cluster at `address`, or to a new Ray on this machine.

    Raises:
        ConfigError: Ray is not installed, or the address is one of Ray Client.
        StoreError: there is no cluster at the address.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise ConfigError("Ray is not installed; pip install 'hamlet-demo[cluster]' brings it") from error
    if address is not None:
        _require_listener(address)
    common = {"log_to_driver": False, "configure_logging": False}
    try:
        if address is None:
            ray.init(include_dashboard=False, object_store_memory=OBJECT_STORE_BYTES, **common)
        else:
            ray.init(address=address, **common)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StoreError(f"--address {address}: no Ray cluster can be reached there ({reason})") from error
    return ray


def _require_listener(address: str) -> None:
    """Check that a process listens at HOST:PORT: Ray itself would try for minutes.

    Raises:
        ConfigError: the address is one of Ray Client.
        StoreError: none does.
    """
    if address.startswith("ray://"):
        raise ConfigError(
            f"--address {address}: Ray Client cannot be used; run the sweep on a node of the cluster, and"
            " give the address of `ray start --head`, HOST:PORT"
        )
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal():
        return  # "auto", which Ray resolves
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise StoreError(f"--address {address}: no Ray cluster can be reached there ({error})") from error


class Running(NamedTuple):
    """A task that was submitted: what Ray calls it and its node, and the log of its attempt."""

    reference: Any
    node: str
    log: Path


class RayTasks:
    """An executor (`producer.sweep.executor`): one task for each attempt, as many as have room.

    `where` is the directory of the sweep, or the URL of its store; `folder` is the directory.
    """

    def __init__(self, ray: Any, where: str, folder: Path, share: Share) -> None:
        self._ray = ray
        self._where = where
        self._folder = folder
        self._share = share
        self._task = ray.remote(
            num_cpus=share.cpus, num_gpus=share.gpus, max_retries=0, retry_exceptions=False
        )(run_attempt)
        self._running: dict[str, Running] = {}
        self._suspect: set[str] = set()
        self._room: dict[str, int] = {}
        self._counted_at = 0.0

    def free(self) -> bool:
        """Whether a node that is alive has room for one attempt more."""
        return self._node() is not None

    def start(self, name: str, epoch: int) -> None:
        """Submit the task of an attempt to the node with most room.

        The node is named, since Ray would wait with all tasks of one kind for a node that has stopped.
        """
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        log = attempt_log(in_folder(self._folder / name), epoch)
        node = self._node()
        assert node is not None, "free() has not been asked"
        task = self._task.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False))
        reference = task.remote(self._where, name, epoch, str(log), self._share.gpus > 0)
        self._running[name] = Running(reference, node, log)

    def ended(self) -> dict[str, Outcome]:
        """The attempts whose task has ended, or whose node or worker is gone."""
        references = {running.reference: name for name, running in self._running.items()}
        if not references:
            return {}
        ready, _ = self._ray.wait(list(references), num_returns=len(references), timeout=0)
        found = {}
        for reference in ready:
            name = references[reference]
            running = self._running.pop(name)
            try:
                found[name] = Outcome(*self._ray.get(reference))
                self._suspect.discard(running.node)
            except self._ray.exceptions.RayError as error:
                problem = f"{type(error).__name__}; {last_line(running.log)}".removesuffix("; ")
                found[name] = Outcome(None, problem)
                self._suspect.add(running.node)  # Ray calls a dead node alive for some seconds
        return found

    def ask_to_end(self) -> None:
        """Interrupt every task, which then asks its process to end."""
        for running in self._running.values():
            self._ray.cancel(running.reference)

    def kill(self, name: str) -> None:
        """Kill the worker of an attempt. Its process, if it lives, notices and ends; its lease is void.

        The next attempts go to other nodes, if there are any.
        """
        running = self._running.pop(name)
        self._suspect.add(running.node)
        self._ray.cancel(running.reference, force=True)

    def notice(self) -> str:
        """A sentence where no node that is alive can take an attempt: Ray itself would say nothing."""
        if self._nodes():
            return ""
        gpus = f" and {self._share.gpus:g} of a GPU" if self._share.gpus else ""
        return f"no node of the Ray cluster has {self._share.cpus:g} CPUs{gpus}; runs wait for one"

    def close(self) -> None:
        """Ask every attempt to end, wait, and leave the cluster."""
        self.ask_to_end()
        references = [running.reference for running in self._running.values()]
        if references:
            self._ray.wait(references, num_returns=len(references), timeout=END_SECONDS)
        self._running.clear()
        self._ray.shutdown()

    def _node(self) -> str | None:
        """The node with most room; one with a lost or silent attempt only if there is no other."""
        nodes = self._nodes()
        sound = {node: places for node, places in nodes.items() if node not in self._suspect}
        free = dict(sound or nodes)
        for running in self._running.values():
            if running.node in free:
                free[running.node] -= 1
        best = max(free, key=lambda node: free[node], default=None)
        return best if best is not None and free[best] > 0 else None

    def _nodes(self) -> dict[str, int]:
        """How many attempts fit on each node that is alive and fits one; asked of Ray once a second."""
        if time.monotonic() - self._counted_at >= 1.0:
            fits = {
                node["NodeID"]: _fit(node["Resources"], self._share)
                for node in self._ray.nodes()
                if node["Alive"]
            }
            self._room = {node: places for node, places in fits.items() if places}
            self._counted_at = time.monotonic()
        return self._room


def run_attempt(where: str, name: str, epoch: int, log: str, with_gpu: bool) -> tuple[int, str]:
    """The task: start the process of an attempt on this node, wait, return exit code and last line.

    An exit code is a result, never an exception: Ray would take `sys.exit` for a crash of the worker.
    """
    # a task without a share of a GPU is not to find one by `training.device: auto`
    hidden = {} if with_gpu else {"CUDA_VISIBLE_DEVICES": ""}
    if not is_store(where):
        return _wait_for(start_attempt(where, name, epoch, Path(log), hidden), Path(log))
    with tempfile.TemporaryDirectory(prefix="hamlet-sweep-") as scratch:
        own = Path(scratch) / "attempt.log"
        try:
            return _wait_for(start_attempt(where, name, epoch, own, hidden), own)
        finally:
            StoredRun(objects_at(where), name).write_log(epoch, own)


def _wait_for(process: "subprocess.Popen[bytes]", log: Path) -> tuple[int, str]:
    """Wait until the process of an attempt ends; ask it to end when the task is interrupted."""
    try:
        while (exit_code := process.poll()) is None:
            time.sleep(POLL_SECONDS)  # short, so that an interruption arrives
        return exit_code, last_line(log)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
        process.kill()


def _fit(resources: dict[str, float], share: Share) -> int:
    by_cpu = resources.get("CPU", 0.0) / share.cpus
    return int(min(by_cpu, resources.get("GPU", 0.0) / share.gpus) if share.gpus else by_cpu)
