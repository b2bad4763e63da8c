"""Telling a supervisor how we are: systemd's notification protocol, sd_notify(3), in a datagram.

Without `NOTIFY_SOCKET` in the environment nobody listens and everything here does nothing.
"""

import os
import socket
from collections.abc import Mapping

PATIENCE_SECONDS = 0.5
"""How long a supervisor with a full queue may hold us up; what it does not take then is not said."""


def notify(environment: Mapping[str, str] = os.environ, **fields: str) -> bool:
    """Send fields such as `READY="1"`, `STATUS="episode 120"`, `WATCHDOG="1"`, `STOPPING="1"`.

    True when there was somebody to tell. A supervisor that is gone or takes nothing is no reason to stop, so
    a failing send counts as nobody there.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    # a leading @ means the abstract namespace, which the kernel spells with a NUL
    target = "\0" + address[1:] if address.startswith("@") else address
    message = "\n".join(f"{name}={value}" for name, value in fields.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.settimeout(PATIENCE_SECONDS)
        try:
            channel.sendto(message.encode(), target)
        except OSError:
            return False
    return True
