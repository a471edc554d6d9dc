"""How large this process is."""

from __future__ import annotations

import os
import resource
import sys
from functools import cache
from pathlib import Path


def resident_bytes() -> int:
    """Return how much of this process is in memory now; where the system does not tell, how much ever was.

    >>> resident_bytes() > 1_000_000
    True
    """
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _page()
    except (OSError, IndexError, ValueError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@cache
def _page() -> int:
    return os.sysconf("SC_PAGE_SIZE")
