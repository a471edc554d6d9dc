"""What a class of tasks may have: a call of its own, hooks, and the function itself, as `run`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from queue_client.checks import class_options, task_options
from queue_client.options import HOOKS, TaskOptions

if TYPE_CHECKING:
    from queue_client.task import Task


def work_of(task: Task[..., Any], plain_call: Callable[..., Any]) -> Callable[..., Any]:
    """Return what a worker calls: the function; or the class's own `__call__`, and `before_start` before it."""
    kind = type(task)
    call: Callable[..., Any] = task.run if kind.__call__ is plain_call else task
    if not hasattr(kind, "before_start"):
        return call
    before = cast("Any", task).before_start

    def work(*args: Any, **kwargs: Any) -> Any:
        before(task.request.id, list(args), kwargs)
        return call(*args, **kwargs)

    return work


def with_hooks(task: Task[..., Any], options: TaskOptions) -> TaskOptions:
    """Return the options with the hooks that the task's class has as methods."""
    found = {
        name: getattr(task, name) for name in HOOKS if getattr(options, name) is None and hasattr(type(task), name)
    }
    return replace(options, **found) if found else options


def own_values(task: Task[..., Any], options: TaskOptions) -> dict[str, Any]:
    """Return what counts of the options that the task's class has as attributes, which would hide it."""
    return {name: getattr(options, name) for name in class_options(type(task))}


def recast(task: Task[..., Any], kind: type[Task[..., Any]], plain_call: Callable[..., Any]) -> None:
    """Make a plain task one of a client's own kind: a shared one, which was made before the client."""
    if kind is not type(task) and issubclass(kind, type(task)):
        task.__class__ = kind
        task.given = task_options({**class_options(kind), **task.given})
        task.work = work_of(task, plain_call)
