"""Tasks and messages: what is to be run, and by whom.

>>> from queue_client import Client
>>> client = Client("redis://127.0.0.1:6379/0")
>>> @client.task
... def add(x: int, y: int) -> int:
...     return x + y
>>> add.name.endswith(".add"), add(1, 2)
(True, 3)

`add.delay(1, 2)` sends it; `.get(timeout=5)` waits for the result. A worker
is `beat worker`, or `queue_client.worker.Worker`.

Importing this package loads nothing: each name below comes from its module at
first use, and redis only with the first connection.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from queue_client.celery_habits import current_app, current_task
    from queue_client.client import Client
    from queue_client.errors import (
        BadUrlError,
        BrokerRefused,
        BrokerUnavailable,
        ConfigurationError,
        Ignore,
        IgnoredSetting,
        MaxRetriesExceeded,
        NaiveMoment,
        NotRegistered,
        QueueError,
        Reject,
        ResultTimeout,
        Retry,
        SoftTimeLimitExceeded,
        TaskFailed,
        TaskRevoked,
        TimeLimitExceeded,
    )
    from queue_client.group_result import GroupResult
    from queue_client.registry import shared_task
    from queue_client.result import AsyncResult, Result
    from queue_client.task import Task
    from queue_client.task_logger import get_task_logger
    from queue_client.workflow import Signature, chain, chord, group, signature

_HOMES: Final = {
    "AsyncResult": "result",
    "Client": "client",
    "GroupResult": "group_result",
    "Result": "result",
    "Signature": "workflow",
    "Task": "task",
    "chain": "workflow",
    "chord": "workflow",
    "current_app": "celery_habits",
    "current_task": "celery_habits",
    "get_task_logger": "task_logger",
    "group": "workflow",
    "shared_task": "registry",
    "signature": "workflow",
}
"""Where each name lives that is not an error. A module must not bear a name of
this table: the import system would put the module in the name's place."""

__all__ = [
    "AsyncResult",
    "BadUrlError",
    "BrokerRefused",
    "BrokerUnavailable",
    "Client",
    "ConfigurationError",
    "GroupResult",
    "Ignore",
    "IgnoredSetting",
    "MaxRetriesExceeded",
    "NaiveMoment",
    "NotRegistered",
    "QueueError",
    "Reject",
    "Result",
    "ResultTimeout",
    "Retry",
    "Signature",
    "SoftTimeLimitExceeded",
    "Task",
    "TaskFailed",
    "TaskRevoked",
    "TimeLimitExceeded",
    "chain",
    "chord",
    "current_app",
    "current_task",
    "get_task_logger",
    "group",
    "shared_task",
    "signature",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'queue_client' has no attribute {name!r}")
    home = import_module(f"queue_client.{_HOMES.get(name, 'errors')}")
    found: object = getattr(home, name)
    globals()[name] = found
    return found
