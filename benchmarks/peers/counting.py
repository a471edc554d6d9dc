"""What each peer's module needs: where the server is, a count of runs, a timed sender.

Only the standard library, since the peers' environments have no more in common.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

URL = os.environ["BENCH_URL"]
RESULTS = os.environ.get("BENCH_RESULTS", "1") == "1"
_COUNT = os.open(os.environ["BENCH_COUNT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def hit() -> None:
    """Count one run: one byte more in a file, whichever process it is."""
    os.write(_COUNT, b".")


def time_sending(send: Callable[[int], Any]) -> None:
    """Send as many as the command line says, one by one; print the seconds it took."""
    count = int(sys.argv[1])
    began = time.perf_counter()
    if iscoroutinefunction(send):
        asyncio.run(send(count))
    else:
        send(count)
    print(time.perf_counter() - began, flush=True)
    os._exit(0)  # a connection that a peer keeps must not hold this process up
