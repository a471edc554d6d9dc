"""A size of memory as people write it."""

from __future__ import annotations

import re
from typing import Final

import click

UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def size(text: str) -> int:
    """Return a number of bytes from text such as 300M.

    Raises:
        BadParameter: It is no size.

    >>> size("300M"), size("1.5GiB")
    (314572800, 1610612736)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:I?B)?", text.upper())
    count = int(float(found[1]) * UNITS[found[2]]) if found else 0
    if count < 1:
        raise click.BadParameter(f"{text!r} is no size; write 300M or 2G")
    return count
