"""A client's settings by Celery's names: `client.conf.task_routes = {…}`.

They are read from a module, an object or a mapping, in Celery's old names
(`CELERY_ROUTES`) or its present ones. A setting that has no effect here is
told by a warning, `IgnoredSetting`, with what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from importlib import import_module
from types import ModuleType
from typing import Any, cast
from warnings import warn

from queue_client.celery_names import ALWAYS, DEFAULTS, present_name, why_ignored
from queue_client.errors import ConfigurationError, IgnoredSetting


class Conf(MutableMapping[str, Any]):
    """Settings by name, as keys and as attributes.

    >>> conf = Conf()
    >>> conf.update({"result_expires": 3600})
    >>> conf.task_default_queue = "jobs"
    >>> conf.result_expires, conf["task_default_queue"], conf.task_serializer
    (3600, 'jobs', 'json')
    """

    def __init__(self, changed: Callable[[], None] | None = None) -> None:
        """Begin with the defaults; `changed` is called after each change."""
        vars(self)["given"] = {}
        vars(self)["_changed"] = changed or (lambda: None)

    given: dict[str, Any]
    """The settings that are not at their default."""
    _changed: Callable[[], None]

    def take(self, settings: Mapping[str, Any], *, stacklevel: int = 3) -> None:
        """Take settings by their old or present names, and warn of those that have no effect."""
        for name, value in settings.items():
            present = present_name(name)
            if present in DEFAULTS:
                self.given[present] = value
            elif why := why_ignored(present, value):
                warn(IgnoredSetting(f"the setting {name} has no effect: {why}"), stacklevel=stacklevel)
        self._changed()

    def update(self, settings: Any = (), /, **named: Any) -> None:
        """Take several settings."""
        self.take({**dict(settings), **named})

    def __getitem__(self, name: str) -> Any:
        """Return a setting, or its default."""
        present = present_name(name)
        if present not in self.given and present == "beat_schedule":
            self.given[present] = {}
        if present in ALWAYS:
            return ALWAYS[present][0]
        return self.given[present] if present in self.given else DEFAULTS[present]

    def __setitem__(self, name: str, value: Any) -> None:
        """Change a setting."""
        self.take({name: value})

    def __delitem__(self, name: str) -> None:
        """Go back to a setting's default."""
        del self.given[present_name(name)]
        self._changed()

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the settings that count."""
        return iter(DEFAULTS)

    def __len__(self) -> int:
        """Return how many settings there are."""
        return len(DEFAULTS)

    def __getattr__(self, name: str) -> Any:
        """Return a setting, or its default."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no setting {name!r} here") from None

    def __setattr__(self, name: str, value: Any) -> None:
        """Change a setting."""
        self.take({name: value})

    def __repr__(self) -> str:
        """Show what is not at its default."""
        return f"<Conf {self.given!r}>"


def settings_of(source: object, namespace: str | None = None) -> dict[str, Any]:
    """Return the settings that a module, an object or a mapping has.

    Args:
        source: it, or its name: `"celeryconfig"`, `"shop.settings"`,
            `"django.conf:settings"`.
        namespace: only those that begin with it, as `CELERY` in Django's
            settings: `CELERY_TASK_ROUTES` is `task_routes`.

    Raises:
        ConfigurationError: there is no such module or object.
    """
    found = _imported(source) if isinstance(source, str) else source
    names: Iterable[str] = found if isinstance(found, Mapping) else dir(found)
    prefix = f"{namespace}_" if namespace else ""
    settings: dict[str, Any] = {}
    for name in names:
        if name.startswith(prefix) and not name.startswith("_"):
            value = found[name] if isinstance(found, Mapping) else getattr(found, name)
            if not isinstance(value, (type, ModuleType)):  # `from datetime import timezone` is no setting
                settings[name.removeprefix(prefix)] = value
    return settings


def _imported(path: str) -> object:
    module, _, attribute = path.partition(":")
    try:
        found: object = import_module(module)
        return getattr(found, attribute) if attribute else found
    except ModuleNotFoundError as error:
        if error.name and not (module == error.name or module.startswith(f"{error.name}.")):
            raise
        if not attribute and "." in module:
            parent, _, last = module.rpartition(".")
            return cast("object", getattr(import_module(parent), last))
        raise ConfigurationError(f"there is no module {module!r} to read the settings from") from None
    except AttributeError:
        raise ConfigurationError(f"the module {module!r} has no {attribute!r} to read the settings from") from None
