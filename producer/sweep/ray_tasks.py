"""Attempts as tasks of Ray Core, on this machine or on a cluster. Ray starts them; it retries nothing.

A task starts the same process as `producer.sweep.local_processes` does, on the node that Ray chooses, and
returns its exit code. All nodes must see the directory of the sweep.
"""

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import ConfigError, StoreError
from core.run_directory import in_folder
from producer.sweep.executor import Outcome, last_line
from producer.sweep.leases import attempt_log
from producer.sweep.local_processes import END_SECONDS, start_attempt

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
        ConfigError: Ray is not installed.
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
    """Check that a process listens at HOST:PORT or ray://HOST:PORT: Ray itself would try for minutes.

    Raises:
        StoreError: none does.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal():
        return  # "auto", which Ray resolves
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise StoreError(f"--address {address}: no Ray cluster can be reached there ({error})") from error


class RayTasks:
    """An executor (`producer.sweep.executor`): one task for each attempt, as many as have room."""

    def __init__(self, ray: Any, folder: Path, share: Share) -> None:
        self._ray = ray
        self._folder = folder
        self._share = share
        self._task = ray.remote(
            num_cpus=share.cpus, num_gpus=share.gpus, max_retries=0, retry_exceptions=False
        )(run_attempt)
        self._running: dict[str, tuple[Any, Path]] = {}
        self._room, self._counted_at = 0, 0.0

    def free(self) -> bool:
        """Whether the nodes that are alive have room for one attempt more."""
        return len(self._running) < self._places()

    def start(self, name: str, epoch: int) -> None:
        """Submit the task of an attempt."""
        log = attempt_log(in_folder(self._folder / name), epoch)
        self._running[name] = self._task.remote(str(self._folder), name, epoch, self._share.gpus > 0), log

    def ended(self) -> dict[str, Outcome]:
        """The attempts whose task has ended, or whose node or worker is gone."""
        references = {reference: name for name, (reference, _) in self._running.items()}
        if not references:
            return {}
        ready, _ = self._ray.wait(list(references), num_returns=len(references), timeout=0)
        found = {}
        for reference in ready:
            name = references[reference]
            _, log = self._running.pop(name)
            try:
                found[name] = Outcome(*self._ray.get(reference))
            except self._ray.exceptions.RayError as error:
                found[name] = Outcome(None, f"{type(error).__name__}; {last_line(log)}".removesuffix("; "))
        return found

    def ask_to_end(self) -> None:
        """Interrupt every task, which then asks its process to end."""
        for reference, _ in self._running.values():
            self._ray.cancel(reference)

    def kill(self, name: str) -> None:
        """Kill the worker of an attempt. Its process, if it lives, notices and ends; its lease is void."""
        reference, _ = self._running.pop(name)
        self._ray.cancel(reference, force=True)

    def notice(self) -> str:
        """A sentence where no node that is alive can take an attempt: Ray itself would say nothing."""
        if self._places():
            return ""
        gpus = f" and {self._share.gpus:g} of a GPU" if self._share.gpus else ""
        return f"no node of the Ray cluster has {self._share.cpus:g} CPUs{gpus}; runs wait for one"

    def close(self) -> None:
        """Ask every attempt to end, wait, and leave the cluster."""
        self.ask_to_end()
        references = [reference for reference, _ in self._running.values()]
        if references:
            self._ray.wait(references, num_returns=len(references), timeout=END_SECONDS)
        self._running.clear()
        self._ray.shutdown()

    def _places(self) -> int:
        """How many attempts fit on the nodes that are alive; asked of Ray once a second."""
        if time.monotonic() - self._counted_at >= 1.0:
            alive = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
            self._room = sum(_fit(resources, self._share) for resources in alive)
            self._counted_at = time.monotonic()
        return self._room


def run_attempt(folder: str, name: str, epoch: int, with_gpu: bool) -> tuple[int, str]:
    """The task: start the process of an attempt on this node, wait, return exit code and last line.

    An exit code is a result, never an exception: Ray would take `sys.exit` for a crash of the worker.
    """
    log = attempt_log(in_folder(Path(folder) / name), epoch)
    # a task without a share of a GPU is not to find one by `training.device: auto`
    hidden = {} if with_gpu else {"CUDA_VISIBLE_DEVICES": ""}
    process = start_attempt(Path(folder), name, epoch, log, hidden)
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
