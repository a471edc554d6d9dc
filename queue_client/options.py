"""What can be said about a task where it is written, and about one sending.

Durations are float seconds or `timedelta`; inside they become integer
milliseconds with the unit in the name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict
from warnings import warn

from queue_client.errors import ConfigurationError, NaiveMoment

Seconds = float | timedelta
"""A duration: seconds, or a timedelta."""


def as_ms(duration: Seconds) -> int:
    """Return a duration in whole milliseconds.

    >>> as_ms(1.5), as_ms(timedelta(minutes=1))
    (1500, 60000)
    """
    if isinstance(duration, timedelta):
        return duration // timedelta(milliseconds=1)
    return round(duration * 1000)


_PER: Final = {"": 1, "s": 1, "m": 60, "h": 3600}


def interval_us(rate: str | float | None) -> int:
    """Return the microseconds between two runs of a rate limit; 0 for none.

    A rate is a number a second, or text such as "10/s", "100/m", "5/h".

    Raises:
        ConfigurationError: it is neither.

    >>> interval_us("10/m"), interval_us(4), interval_us(None)
    (6000000, 250000, 0)
    """
    if rate is None:
        return 0
    number, _, unit = str(rate).partition("/")
    try:
        return round(1_000_000 * _PER[unit.strip()] / float(number))
    except (KeyError, ValueError, ZeroDivisionError, OverflowError):
        msg = f"{rate!r} is no rate limit; write a number a second, or '10/s', '100/m', '5/h'"
        raise ConfigurationError(msg) from None


def instant_ms(moment: datetime) -> int:
    """Return a moment as Unix milliseconds; a naive one is taken for UTC, with a warning.

    >>> instant_ms(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000
    """
    if moment.tzinfo is None:
        told = (
            f"{moment.isoformat()} has no timezone and is taken for UTC; pass an aware datetime, as datetime.now(UTC)"
        )
        warn(NaiveMoment(told), stacklevel=9)  # the line that calls apply_async
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOptions:
    """The options of a task; see `Client.task` for what each does."""

    bind: bool = False
    queue: str | None = None
    routing_key: str | None = None
    priority: int | None = None
    expires: Seconds | None = None
    serializer: str | None = None
    ignore_result: bool = False
    result_expires: Seconds | None = None
    max_retries: int | None = 3
    default_retry_delay: Seconds = 180.0
    autoretry_for: tuple[type[BaseException], ...] = ()
    dont_autoretry_for: tuple[type[BaseException], ...] = ()
    retry_backoff: Seconds | bool = False
    retry_backoff_max: Seconds = 600.0
    retry_jitter: bool = True
    throws: tuple[type[BaseException], ...] = ()
    rate_limit: str | float | None = None
    soft_time_limit: Seconds | None = None
    time_limit: Seconds | None = None
    unique: str | None = None
    unique_for: Seconds | None = None
    inline: bool = False
    on_success: Callable[..., object] | None = None
    on_failure: Callable[..., object] | None = None
    on_retry: Callable[..., object] | None = None
    after_return: Callable[..., object] | None = None


NAMES = frozenset(item.name for item in fields(TaskOptions))
HOOKS: Final = ("on_success", "on_failure", "on_retry", "after_return")


class SendKeywords(TypedDict, total=False):
    """The keyword arguments of `apply_async` and `send`'s options."""

    countdown: Seconds | None
    eta: datetime | None
    expires: Seconds | datetime | None
    queue: str | None
    routing_key: str | None
    priority: int | None
    link: Any
    link_error: Any
    headers: dict[str, Any]
    task_id: str | None
    ignore_result: bool | None
    serializer: str | None
    max_retries: int | None
    soft_time_limit: Seconds | None
    time_limit: Seconds | None
    unique: str | None
    unique_for: Seconds | None
