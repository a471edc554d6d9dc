"""A Django project around the tasks, as Celery treats one.

Where DJANGO_SETTINGS_MODULE names its settings, it is set up before modules
with tasks are imported, since these import its models. A worker's threads
never come to the end of a web request, where Django lets go of connections
to databases that are broken or too old; so they do that before each task.

A task may be sent with the end of a transaction, as a worker would not find
what is not written yet. Nothing of Django is imported otherwise.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

_log = logging.getLogger(__name__)


def set_up() -> bool:
    """Set Django up if the environment names its settings and nobody has; tell whether it is."""
    if not os.environ.get("DJANGO_SETTINGS_MODULE") or find_spec("django") is None:
        return False
    apps: Any = import_module("django.apps").apps
    if not (apps.ready or apps.loading):
        import_module("django").setup()
    return bool(apps.ready)


def refresher() -> Callable[[], None] | None:
    """Return what closes this thread's connections that are of no use any more; None if there is no Django."""
    if not set_up():
        return None
    close: Callable[[], None] = import_module("django.db").close_old_connections

    def refresh() -> None:
        try:
            close()
        except Exception:  # noqa: BLE001 whatever a driver raises
            _log.exception("no_fresh_connection")

    return refresh


class OnCommit:
    """The methods of a task that send it once Django's transaction is committed; at once where there is none."""

    if TYPE_CHECKING:
        delay: Callable[..., Any]
        apply_async: Callable[..., Any]

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """Send the task with these arguments then; nothing if the transaction is rolled back."""
        import_module("django.db.transaction").on_commit(partial(self.delay, *args, **kwargs))

    def apply_async_on_commit(
        self, args: Sequence[Any] | None = None, kwargs: Mapping[str, Any] | None = None, **call: Any
    ) -> None:
        """Do the same with the options of `apply_async`."""
        import_module("django.db.transaction").on_commit(partial(self.apply_async, args, kwargs, **call))
