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

Importing this package imports neither redis nor asyncio.
"""

from queue_client.client import Client
from queue_client.errors import (
    BadUrlError,
    BrokerRefused,
    BrokerUnavailable,
    ConfigurationError,
    Ignore,
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
from queue_client.result import Result
from queue_client.task import Task
from queue_client.workflow import Signature, chain, chord, group, signature

__all__ = [
    "BadUrlError",
    "BrokerRefused",
    "BrokerUnavailable",
    "Client",
    "ConfigurationError",
    "GroupResult",
    "Ignore",
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
    "group",
    "signature",
]
