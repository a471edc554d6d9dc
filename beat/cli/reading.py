"""Reading the settings, with a word about how far it is where there are very many schedules."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from beat import config as configs
from beat.cli.progress import Progress
from queue_client.settings_file import find_file

if TYPE_CHECKING:
    from beat.config import Config

LARGE: Final = 1_000_000
"""Bytes of a file that takes a while."""


def load() -> Config:
    """Return the settings in force.

    Raises:
        SettingsError: With every problem of the file and the environment.
    """
    path = find_file(None, os.environ)
    size = path.stat().st_size if path else 0
    if path is None or size < LARGE:
        return configs.load()
    progress = Progress("schedules read", 0)
    progress.begin(f"reading {size / 1e6:,.0f} MB of {path.name} …")
    try:
        return configs.load(tell=progress.reach)
    finally:
        progress.end()
