"""What a supervisor is told: that the service is up, and that it is leaving.

systemd names a datagram socket in NOTIFY_SOCKET for units of `Type=notify`
(sd_notify(3)); where nobody listens there is nothing to tell.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Final

TIMEOUT_S: Final = 1.0
READY: Final = "READY=1"
STOPPING: Final = "STOPPING=1"


def notify(state: str) -> None:
    """Send a state to the supervisor, if there is one; a deaf one is no reason to fail.

    >>> notify(READY)
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.settimeout(TIMEOUT_S)
        channel.sendto(state.encode(), address)
