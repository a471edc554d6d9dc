"""How the verbs come to the schedules as they are stored, and what they say when there is no such schedule."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

from beat import config as configs
from beat.cli.catalog import unknown
from beat.cli.server import address
from beat.errors import UnknownEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from beat.api import Schedules
    from beat.config import Config
    from beat.entry import Entry

NAMES_LOOKED_AT: Final = 20_000
"""How many names are looked at for one that may have been meant."""


@contextmanager
def open_schedules(
    config: Config | None = None, *, routed: Callable[[Entry], Entry] | None = None
) -> Iterator[Schedules]:
    """Open the schedules of the configured server.

    Raises:
        ConfigurationError: There is no server.
        LayoutError: The namespace is kept in another number of shards than the settings say.
        click.UsageError: What was done in it asked for a schedule that there is not.
    """
    from beat.api import Schedules
    from beat.connecting import check_layout, open_store, targets_of

    config = config or configs.load()
    url = address(config)
    check_layout(config, url)
    stores = [open_store(config, url, shard) for shard in range(config.shards)]
    targets, calendars = targets_of(config), config.calendars
    with Schedules(stores=stores, targets=targets, routed=routed, calendars=calendars) as schedules:
        try:
            yield schedules
        except UnknownEntry as error:
            names = (each.entry.name for each in schedules.list())
            raise unknown(error.entry, islice(names, NAMES_LOOKED_AT)) from None


def who() -> str:
    """Return who gives the command, as user@host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = "?"
    return f"{user}@{socket.gethostname()}"
