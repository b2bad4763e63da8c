"""Status messages to the supervisor: systemd's notification protocol, sd_notify(3), one datagram a message.

Without `NOTIFY_SOCKET` in the environment there is no supervisor, and `notify` does nothing.
"""

import os
import socket
from collections.abc import Mapping

__all__ = ["notify"]

TIMEOUT_SECONDS = 0.5
"""How long `notify` waits for a supervisor whose queue is full; then the message is dropped."""


def notify(environment: Mapping[str, str] = os.environ, **fields: str) -> bool:
    """Send fields such as `READY="1"`, `STATUS="episode 120"`, `WATCHDOG="1"`, `STOPPING="1"`.

    Returns whether the message was sent. A process goes on without its supervisor, so a message that cannot
    be sent is no error.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    # A leading @ stands for the abstract namespace, which the kernel writes as a NUL.
    target = "\0" + address[1:] if address.startswith("@") else address
    message = "\n".join(f"{name}={value}" for name, value in fields.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.settimeout(TIMEOUT_SECONDS)
        try:
            channel.sendto(message.encode(), target)
        except OSError:
            return False
    return True
