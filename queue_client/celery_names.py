"""What Celery calls things: its settings, which of them count here, what to write instead; its addresses.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

from queue_client.errors import BadUrlError

DEFAULTS: Final[Mapping[str, Any]] = {
    "broker_url": None,
    "result_backend": None,
    "result_expires": 86_400.0,
    "task_serializer": "json",
    "accept_content": ("json", "msgpack"),
    "task_default_queue": "default",
    "task_default_routing_key": None,
    "task_default_priority": None,
    "task_default_rate_limit": None,
    "task_queues": None,
    "task_routes": None,
    "task_annotations": None,
    "task_ignore_result": False,
    "task_soft_time_limit": None,
    "task_time_limit": None,
    "task_always_eager": False,
    "task_eager_propagates": False,
    "timezone": None,
    "imports": (),
    "include": (),
    "beat_schedule": {},
    "worker_concurrency": None,
}
"""The settings that count here, by Celery's present names, with their defaults."""

_OLD: Final[Mapping[str, str]] = {
    "celery_result_backend": "result_backend",
    "celery_result_expires": "result_expires",
    "celery_task_result_expires": "result_expires",
    "celery_default_queue": "task_default_queue",
    "celery_default_routing_key": "task_default_routing_key",
    "celery_default_rate_limit": "task_default_rate_limit",
    "celery_queues": "task_queues",
    "celery_routes": "task_routes",
    "celery_annotations": "task_annotations",
    "celery_ignore_result": "task_ignore_result",
    "celery_always_eager": "task_always_eager",
    "celery_acks_late": "task_acks_late",
    "celery_track_started": "task_track_started",
    "celeryd_task_soft_time_limit": "task_soft_time_limit",
    "celeryd_task_time_limit": "task_time_limit",
    "celeryd_concurrency": "worker_concurrency",
    "celeryd_prefetch_multiplier": "worker_prefetch_multiplier",
    "celeryd_hijack_root_logger": "worker_hijack_root_logger",
    "celery_eager_propagates_exceptions": "task_eager_propagates",
    "celeryd_max_tasks_per_child": "worker_max_tasks_per_child",
    "celerybeat_schedule": "beat_schedule",
}

ALWAYS: Final[Mapping[str, tuple[object, str]]] = {
    "enable_utc": (True, "every moment is kept in UTC"),
    "result_serializer": ("json", "a result is written with its task's serializer"),
    "task_acks_late": (True, "a task is always acknowledged after its run"),
    "task_reject_on_worker_lost": (True, "a dead worker's tasks always run elsewhere"),
    "task_track_started": (True, "a run that takes longer than a second is always STARTED"),
    "task_create_missing_queues": (True, "a queue is there as soon as something is sent to it"),
    "broker_connection_retry": (True, "a worker always waits for a server that has gone"),
    "broker_connection_retry_on_startup": (False, "a worker whose server is not there at the start says so and ends"),
    "task_store_errors_even_if_ignored": (False, "errors are in the dead letters: beat dead"),
    "worker_disable_rate_limits": (False, "leave rate_limit out instead"),
    "worker_hijack_root_logger": (False, "the root logger is left alone"),
}
"""Settings that are always so here."""

_INSTEAD: Final[Mapping[str, str]] = {
    "worker_prefetch_multiplier": "a worker takes what it can start soon, and gives back what it cannot",
    "worker_max_tasks_per_child": "see `beat worker --help` for recycling",
    "worker_pool": "plain tasks run in threads or processes, async def tasks on a loop, all in one worker",
    "beat_scheduler": "`beat serve` keeps its schedules in the server",
    "beat_schedule_filename": "`beat serve` keeps its schedules in the server",
    "result_backend_transport_options": "results are where the tasks are",
    "broker_use_ssl": "write rediss:// in the URL",
    "redis_backend_use_ssl": "write rediss:// in the URL",
    "task_protocol": "see the reference of the wire format",
}
_TRANSPORT: Final[Mapping[str, str]] = {
    "visibility_timeout": "visibility_timeout is not needed, a task belongs to its worker for as long as that lives",
    "global_keyprefix": "write namespace= at the client for global_keyprefix",
    "master_name": "write redis+sentinel://host:26379/NAME/0 as the URL for master_name",
    "priority_steps": "priorities are always 0 to 9 and 9 goes first",
}
_FAMILIES: Final = (
    "broker_", "result_", "task_", "worker_", "beat_", "redis_", "cache_", "database_", "event_", "control_",
    "security_", "s3_", "mongodb_", "cassandra_", "elasticsearch_", "rpc_", "deprecated_", "celery_", "celeryd_",
    "celerybeat_", "celerymon_", "email_", "admins", "server_email",
)  # fmt: skip


def present_name(name: str) -> str:
    """Return what Celery calls a setting today.

    >>> present_name("CELERYD_CONCURRENCY"), present_name("BROKER_URL"), present_name("CELERY_TASK_ROUTES")
    ('worker_concurrency', 'broker_url', 'task_routes')
    """
    lower = name.lower()
    found = _OLD.get(lower, lower)
    for prefix in ("celery_task_", "celery_"):
        bare = found.removeprefix(prefix)
        for candidate in (bare, f"task_{bare}"):
            if found.startswith("celery_") and (candidate in DEFAULTS or candidate in ALWAYS or candidate in _INSTEAD):
                return candidate
    return found


def why_ignored(name: str, value: object) -> str | None:
    """Return why a setting that is not in DEFAULTS has no effect; None if that needs no word.

    >>> why_ignored("task_acks_late", True)
    >>> why_ignored("worker_pool", "prefork")[:11]
    'plain tasks'
    >>> why_ignored("broker_transport_options", {"visibility_timeout": 3600})
    'visibility_timeout is not needed, a task belongs to its worker for as long as that lives'
    >>> why_ignored("task_rotes", {})
    "did you mean 'task_routes'?"
    """
    if name in ALWAYS:
        always, why = ALWAYS[name]
        return None if value == always else why
    if name == "broker_transport_options":
        options = value if isinstance(value, Mapping) else {}
        told = [why for option, why in _TRANSPORT.items() if option in options]
        return "; ".join(told) or "connections need no tuning here"
    if name in _INSTEAD:
        return _INSTEAD[name]
    near = get_close_matches(name, DEFAULTS, 1, cutoff=0.85)
    if near:
        return f"did you mean {near[0]!r}?"
    return "there is no such thing here" if name.startswith(_FAMILIES) else None


def is_setting(name: str) -> bool:
    """Tell whether a setting of this name is known, though it may have no effect."""
    present = present_name(name)
    return present in DEFAULTS or present in ALWAYS or present in _INSTEAD or present.startswith(_FAMILIES)


def is_name(word: str) -> bool:
    """Tell whether a client's first argument is an application's name.

    >>> is_name("tasks"), is_name("redis://localhost"), is_name("localhost:6379")
    (True, False, False)
    """
    return all(part.isidentifier() for part in word.split("."))


def url_of(given: str | None) -> str | None:
    """Return the address for a broker's URL as Celery writes it.

    Raises:
        BadUrlError: it is for a broker that is no Redis or Valkey.

    >>> url_of("redis+socket:///run/valkey.sock?virtual_host=1")
    'unix:///run/valkey.sock?db=1'
    """
    if given is None:
        return None
    if given.split(":")[0] in ("amqp", "amqps", "pyamqp", "sqs", "memory", "filesystem", "kafka"):
        raise BadUrlError(given, "tasks are kept in Redis or Valkey here")
    if given.startswith("sentinel://"):
        hosts = given.replace("sentinel://", "").replace(";", ",").split("/")[0]
        raise BadUrlError(
            given, f"sentinels and their service are one address here: redis+sentinel://{hosts}/mymaster/0"
        )
    return given.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=", 1)
