"""What the settings say of tasks by their names: queues, routes, annotations.

Pure, but for the routers that a program may write itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, cast

from queue_client.checks import check_values, task_options
from queue_client.errors import ConfigurationError

_FOR_ALL: Final = {
    "task_ignore_result": "ignore_result",
    "task_default_priority": "priority",
    "task_default_rate_limit": "rate_limit",
    "task_soft_time_limit": "soft_time_limit",
    "task_time_limit": "time_limit",
}
_ROUTE: Final = frozenset(
    {"queue", "routing_key", "priority", "serializer", "expires", "time_limit", "soft_time_limit"}
)


def defaults_of(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the options that the settings `given` have for a task that says nothing itself.

    >>> defaults_of({"task_routes": {"feed.*": {"queue": "feeds"}}, "task_ignore_result": True}, "feed.update")
    {'ignore_result': True, 'queue': 'feeds'}
    """
    found = {option: given[setting] for setting, option in _FOR_ALL.items() if given.get(setting) is not None}
    if given.get("task_default_routing_key"):
        found["routing_key"] = given["task_default_routing_key"]
    check_values(found)
    return {**found, **route_of(given.get("task_routes"), name)}


def annotations_of(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the options that the settings put in the place of a task's own.

    >>> annotations_of({"task_annotations": {"*": {"max_retries": 1}, "shop.a": {"rate_limit": "10/m"}}}, "shop.a")
    {'max_retries': 1, 'rate_limit': '10/m'}
    """
    listed = given.get("task_annotations") or ()
    found: dict[str, Any] = {}
    for each in [listed] if isinstance(listed, Mapping) else listed:
        found |= {**each.get("*", {}), **each.get(name, {})}
    return task_options(found)


def route_of(routes: Any, name: str) -> dict[str, Any]:
    """Return where a task goes by the first route that fits it.

    A route is a queue's name or a dict; it stands behind a name, a pattern
    (`feed.*`) or a regular expression, or comes from a function that is asked
    for each task once.
    """
    for fits in _routers(routes):
        route = fits(name)
        if route:
            known = {"queue": route} if isinstance(route, str) else {k: v for k, v in route.items() if k in _ROUTE}
            check_values(known)
            return known
    return {}


def _routers(routes: Any) -> Iterator[Callable[[str], Any]]:
    if not routes:
        return
    if callable(routes):
        yield lambda name: routes(name, (), {}, {})
    elif isinstance(routes, Mapping) or _is_pairs(routes):
        yield lambda name: _looked_up(routes.items() if isinstance(routes, Mapping) else routes, name)
    elif isinstance(routes, (list, tuple)):
        for each in routes:
            yield from _routers(each)
    else:
        raise ConfigurationError(f"task_routes must be a dict, a list or a function, not {routes!r}")


def _is_pairs(routes: Any) -> bool:
    return isinstance(routes, (list, tuple)) and all(
        isinstance(each, (list, tuple)) and len(each) == 2 and isinstance(each[0], (str, re.Pattern)) for each in routes
    )


def _looked_up(pairs: Iterable[tuple[Any, Any]], name: str) -> Any:
    for pattern, route in pairs:
        if pattern.fullmatch(name) if isinstance(pattern, re.Pattern) else fnmatchcase(name, pattern):
            return route
    return None


def queues_of(task_queues: Any) -> dict[str, str | None]:
    """Return queue name -> topic pattern from a dict, or a list of names or of objects with a name.

    >>> queues_of({"feeds": {"routing_key": "feed.#"}, "mail": {}}), queues_of(["a", "b"])
    ({'feeds': 'feed.#', 'mail': None}, {'a': None, 'b': None})
    """
    if isinstance(task_queues, Mapping):
        named = [
            (name, (table or {}).get("routing_key") or (table or {}).get("binding_key"))
            for name, table in task_queues.items()
        ]
    else:
        named = [(getattr(each, "name", each), getattr(each, "routing_key", None)) for each in task_queues or ()]
    return {name: cast("str | None", key) or None for name, key in named}


def plain_serializer(name: str, setting: str) -> str:
    """Return "json" or "msgpack" for a serializer by its name or its content type.

    Raises:
        ConfigurationError: it is another one.

    >>> plain_serializer("application/x-msgpack", "accept_content")
    'msgpack'
    """
    found = {"application/json": "json", "application/x-msgpack": "msgpack"}.get(name, name)
    if found not in ("json", "msgpack"):
        why = " (unpickling runs whatever a message says)" if "pickle" in found else ""
        raise ConfigurationError(f"{setting} must be 'json' or 'msgpack', not {name!r}{why}")
    return found
