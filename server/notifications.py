"""Notifications of incidents: to a command of the operator, to an address that takes JSON, or to both.

Each notification is a short process of its own, which is ended when it takes too long: nothing that the
command or the other end of the address does can hold up the server. A notification is tried once. A failure
is logged once until one succeeds again; the log never contains the command, the address or an answer, since
these may hold secrets.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import anyio
import msgspec
from anyio.abc import Process
from anyio.streams.memory import MemoryObjectReceiveStream

from server.incidents import Incidents, Notification
from server.live import FeedStatus

__all__ = ["ALARM_URL", "Receiver", "notify_of_incidents", "receivers", "watch_alarms"]

ALARM_URL = "HAMLET_ALARM_URL"
CHECK_SECONDS = 1.0
LIMIT_SECONDS = 10.0
"""A command, or a request to the address, that takes longer is ended."""
MOST_WAITING = 32
"""Notifications that wait for a receiver; further ones are not sent."""

logger = logging.getLogger(__name__)


class Receiver(msgspec.Struct, frozen=True):
    """A process that is started for every notification, with its JSON on stdin and its parts as variables.

    `name` is what the log calls the receiver.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]


def receivers(command: str | None, url: str | None) -> list[Receiver]:
    """The receivers for `--on-alarm` and `HAMLET_ALARM_URL`; the first is run by `sh`."""
    inherited = {key: value for key, value in os.environ.items() if key != ALARM_URL}
    found = []
    if command:
        found.append(Receiver("--on-alarm", ("/bin/sh", "-c", command), inherited))
    if url:
        post = (sys.executable, "-m", "server.post_notification")
        found.append(Receiver(ALARM_URL, post, {**inherited, ALARM_URL: url}))
    return found


async def watch_alarms(
    status: FeedStatus,
    notified: Sequence[Receiver],
    limit_seconds: float = LIMIT_SECONDS,
    clock: Callable[[], float] = time.time,
) -> None:
    """Notify all receivers of every incident of one run until cancelled."""
    incidents = Incidents(started_at=clock())
    await notify_of_incidents(
        lambda now: _notifications(incidents, status, now), notified, limit_seconds, clock
    )


async def notify_of_incidents(
    advance: Callable[[float], list[Notification]],
    notified: Sequence[Receiver],
    limit_seconds: float = LIMIT_SECONDS,
    clock: Callable[[], float] = time.time,
) -> None:
    """Notify all receivers until cancelled; `advance` gives what is to be sent at a time, Unix seconds."""
    async with anyio.create_task_group() as tasks:
        queues = []
        for receiver in notified:
            sender, waiting = anyio.create_memory_object_stream[Notification](MOST_WAITING)
            queues.append((receiver, sender))
            tasks.start_soon(_notify_all, receiver, waiting, limit_seconds)
        while True:
            for notification in advance(clock()):
                logger.info("%s: %s", notification.state, notification.text)
                for receiver, sender in queues:
                    try:
                        sender.send_nowait(notification)
                    except anyio.WouldBlock:
                        logger.warning("%s: too slow, a notification was not sent", receiver.name)
            await anyio.sleep(CHECK_SECONDS)


def _notifications(incidents: Incidents, status: FeedStatus, now: float) -> list[Notification]:
    """Without a state nothing is known of any alarm, so none begins and none is over."""
    if status.live is None:
        return []
    return incidents.advance(status.alarms(), status.live.trainer, status.live.run, now)


async def _notify_all(
    receiver: Receiver, waiting: MemoryObjectReceiveStream[Notification], limit_seconds: float
) -> None:
    failing = False
    async for notification in waiting:
        problem = await _notify(receiver, notification, limit_seconds)
        if problem and not failing:
            logger.warning("%s: %s; not logged again until a notification succeeds", receiver.name, problem)
        elif failing and not problem:
            logger.info("%s: succeeds again", receiver.name)
        failing = bool(problem)


async def _notify(receiver: Receiver, notification: Notification, limit_seconds: float) -> str:
    """Run the receiver's process once; what went wrong, empty if nothing did."""
    parts = msgspec.to_builtins(notification)
    variables = {
        f"HAMLET_ALARM_{key.upper()}": str(value) for key, value in parts.items() if value is not None
    }
    try:
        process = await anyio.open_process(
            receiver.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**receiver.environment, **variables},
            start_new_session=True,
        )
    except OSError as error:
        return f"cannot be started ({error.strerror})"
    try:
        with anyio.move_on_after(limit_seconds):
            await _write(process, msgspec.json.encode(notification))
            code = await process.wait()
            return "" if code == 0 else f"failed with exit code {code}"
        return f"did not end within {limit_seconds:g} s and was ended"
    finally:
        if process.returncode is None:
            _kill_all(process)
        with anyio.CancelScope(shield=True):
            await process.aclose()


async def _write(process: Process, content: bytes) -> None:
    assert process.stdin is not None
    try:
        await process.stdin.send(content)
        await process.stdin.aclose()
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        # a command need not read its stdin
        return


def _kill_all(process: Process) -> None:
    """End the process and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
