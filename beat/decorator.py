"""`@periodic`: a schedule beside the task that it fires.

The decorator only leaves a note on the task. When the service imports the
modules of `include`, it collects the notes and declares an entry for each.
Importing this module loads neither redis nor the rest of the beat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from queue_client.registry import shared_task
from queue_client.task import Task
from schedules import every
from schedules.schedule import Schedule

if TYPE_CHECKING:
    from beat.entry import Entry
    from schedules.exclusion_calendar import Exclusions

T = TypeVar("T", bound=Task[..., Any])
_NOTES: Final = "periodic"


@dataclass(frozen=True, slots=True)
class Periodic:
    """What `@periodic` noted on a task: a schedule, and the keys of its entry."""

    task: str
    name: str
    schedule: Schedule
    timezone: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def entry(self, timezone: str | None = None, calendars: Mapping[str, Exclusions] | None = None) -> Entry:
        """Return the entry; `timezone` is for a schedule that names none, `calendars` are what `exclude` may name.

        Raises:
            DeclarationError: One of the options cannot be.
        """
        from beat.declaration import declare

        table = {"task": self.task, **self.options}
        schedule = zoned(self.schedule, self.timezone, timezone)
        return declare(self.name, table, "code", schedule=schedule, calendars=calendars)


def periodic(
    schedule: Schedule, *, timezone: str | None = None, name: str | None = None, **options: Any
) -> Callable[[T], T]:
    """Fire a task by a schedule: `@periodic(crontab("30 2 * * *"))` above `@client.task`.

    Args:
        schedule: When; of `schedules.crontab`, `every`, `at` …
        timezone: The schedule's zone, where it names none itself; by default
            that of beat.toml.
        name: The entry's name; by default the task's.
        options: The other keys of an entry, as in beat.toml: `args`, `kwargs`,
            `queue`, `expires`, `catch_up`, `overlap`, `jitter`, `exclude` …

    Raises:
        TypeError: What is decorated is not a task, or `schedule` is not a schedule.

    >>> from queue_client import Client
    >>> from schedules import every
    >>> client = Client()
    >>> @periodic(every("10s"), queue="web")
    ... @client.task(name="shop.ping")
    ... def ping() -> None: ...
    >>> [note.name for note in notes_of([ping])]
    ['shop.ping']
    """
    if not isinstance(schedule, Schedule):
        raise TypeError(f'@periodic takes a schedule, as in @periodic(every("10s")), not {schedule!r}')

    def note(task: T) -> T:
        if not isinstance(task, Task):
            raise TypeError(f"@periodic belongs above @client.task, but {task!r} is not a task")
        found = Periodic(task.name, name or task.name, schedule, timezone, options)
        vars(task).setdefault(_NOTES, []).append(found)
        return task

    return note


def periodic_task(run_every: Schedule | float | timedelta, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make a function a task and fire it by a schedule: both in one, as in Celery 3.

    Args:
        run_every: Seconds, a timedelta, or a schedule, as of `crontab`.
        options: Those of the task, as of `queue_client.shared_task`.

    >>> from schedules import crontab
    >>> @periodic_task(run_every=crontab(minute="*/15"), name="shop.look", ignore_result=True)
    ... def look() -> None: ...
    >>> notes_of([look])[0].schedule.describe()
    'Every 15 minutes'
    """
    schedule = run_every if isinstance(run_every, Schedule) else every(run_every)
    register: Callable[[Callable[..., Any]], Task[..., Any]] = shared_task(**options)

    def make(function: Callable[..., Any]) -> Task[..., Any]:
        return periodic(schedule)(register(function))

    return make


def notes_of(tasks: Iterable[Task[..., Any]]) -> list[Periodic]:
    """Return what `@periodic` noted on these tasks."""
    return [note for task in tasks for note in vars(task).get(_NOTES, ())]


def zoned(schedule: Schedule, *zones: str | None) -> Schedule:
    """Return the schedule in the first of these zones that is given, unless it names its own."""
    zone = next((zone for zone in zones if zone), None)
    if zone is None:
        return schedule
    from schedules import ScheduleError, from_spec

    try:
        spec = schedule.to_spec()
    except ScheduleError:  # a foreign trigger keeps its own zone
        return schedule
    return from_spec(spec, timezone=zone)
