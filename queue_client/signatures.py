"""A signature: a call that has not been made, as a value.

It is a dict of plain values, so it can be written as JSON, stored, and sent
as an argument of another task; `signature(...)` makes it one again. Calling
it runs its task here; `delay` and `apply_async` send it.

Workflows are signatures of another kind: see `queue_client.workflow`.

>>> from queue_client import Client, signature
>>> client = Client()
>>> @client.task
... def add(x, y):
...     return x + y
>>> add.s(2)(40), add.si(1, 2)(), signature(dict(add.s(2)))(3)
(42, 3, 5)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any, ClassVar, Final, Self, cast

from queue_client.aside import aside
from queue_client.checks import listed
from queue_client.errors import ConfigurationError
from queue_client.ids import new_id
from queue_client.sender import Launcher, at_hand

KINDS: dict[str, type[Signature]] = {}
"""The class of each kind of signature."""
_FORM: Final = {"kind": "task", "task": "", "args": (), "kwargs": (), "options": (), "immutable": False}


class Signature(dict[str, Any]):
    """A call of one task: its name, arguments, options, and whether it takes a result."""

    kind: ClassVar[str] = "task"

    def __init_subclass__(cls) -> None:
        """Make the kind known to `restore`."""
        KINDS[cls.kind] = cls

    def __init__(self, given: Mapping[str, Any], client: Launcher | None = None) -> None:
        """Take the fields as they are; see `signature` for a friendlier way."""
        super().__init__(given)
        self["kind"] = self.kind
        self["args"] = list(self.get("args") or ())
        self["kwargs"] = dict(self.get("kwargs") or {})
        self["options"] = plain_options(self.get("options") or {})
        self.given_client = client

    @classmethod
    def revive(cls, given: Mapping[str, Any], client: Any = None) -> Self:
        """Return the signature that these fields describe."""
        made = cls.__new__(cls)
        Signature.__init__(made, given, client)
        return made

    @classmethod
    def of(
        cls,
        task: str,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        immutable: bool = False,
        client: Launcher | None = None,
    ) -> Signature:
        """Describe a call of the task of that name."""
        fields = {"task": task, "args": list(args), "kwargs": dict(kwargs or {})}
        return Signature({**fields, "options": options or {}, "immutable": immutable}, client)

    @property
    def client(self) -> Any:
        """The client that sends it."""
        return self.given_client or at_hand()

    @property
    def task(self) -> str:
        """The task's name."""
        return cast("str", self["task"])

    name = task
    """The same by Celery's name."""

    @property
    def type(self) -> Any:
        """The task itself, if its code is here."""
        return self.client.find(self.task)

    @property
    def id(self) -> str | None:
        """The id that it will be sent with, if one was set, or given by `freeze`."""
        return self.options.get("task_id")

    def freeze(self) -> Any:
        """Give it the id that it will be sent with, if it has none, and return the result that it will have."""
        if self.id is None:
            self.set(task_id=new_id())
        return self.client.result(self.id)

    @property
    def args(self) -> list[Any]:
        """The positional arguments."""
        return cast("list[Any]", self["args"])

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments."""
        return cast("dict[str, Any]", self["kwargs"])

    @property
    def options(self) -> dict[str, Any]:
        """The options of `apply_async` that it is sent with."""
        return cast("dict[str, Any]", self["options"])

    @property
    def immutable(self) -> bool:
        """Whether it takes no result of the task before."""
        return bool(self.get("immutable"))

    def clone(self, args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, **options: Any) -> Self:
        """Return a copy; `args` come before its own, `kwargs` and `options` override."""
        copy = self.revive(self, self.given_client)
        if not self.immutable:
            copy["args"] = [*args, *self.args]
            copy["kwargs"] = {**self.kwargs, **(kwargs or {})}
        copy["options"] = {**self.options, **plain_options(options)}
        return copy

    def set(self, *, immutable: bool | None = None, **options: Any) -> Self:
        """Change the options in place: `add.s(1).set(queue="slow", countdown=5)`."""
        if immutable is not None:
            self["immutable"] = immutable
        self["options"] = {**self.options, **plain_options(options)}
        return self

    def link(self, callback: Mapping[str, Any]) -> Self:
        """Send `callback` with the result once this has succeeded."""
        return self._add("link", callback)

    def link_error(self, errback: Mapping[str, Any]) -> Self:
        """Send `errback` with the error once this has failed for good."""
        return self._add("link_error", errback)

    def on_error(self, errback: Mapping[str, Any]) -> Self:
        """Do as `link_error` does."""
        return self.link_error(errback)

    def _add(self, name: str, signature: Mapping[str, Any]) -> Self:
        known = listed(self.options.get(name))
        if signature not in known:
            self["options"] = {**self.options, name: [*known, signature]}
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task here."""
        whole = self.clone(args, kwargs)
        task: Callable[..., Any] = self.client.find(self.task)
        return task(*whole.args, **whole.kwargs)

    def delay(self, *args: Any, **kwargs: Any) -> Any:
        """Send it, with these arguments before its own."""
        return self.client.launch(self, args, kwargs, {})

    def apply_async(self, args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Send it with more options; see `Task.apply_async`."""
        return self.client.launch(self, tuple(args), kwargs or {}, options)

    def apply(self, args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Run it here and now, with all that follows from it, and return its result.

        With `throw=True`, an error is raised at once.
        """
        throws = options.pop("throw", False)
        result = self.client.apply(self, tuple(args), kwargs or {}, options)
        if throws:
            result.get()
        return result

    async def adelay(self, *args: Any, **kwargs: Any) -> Any:
        """Do as `delay` does, for an asyncio program."""
        return await aside(self.delay, *args, **kwargs)

    async def aapply_async(
        self, args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, **options: Any
    ) -> Any:
        """Do as `apply_async` does, for an asyncio program."""
        return await aside(self.apply_async, args, kwargs, **options)

    def __or__(self, other: object) -> Signature:  # type: ignore[override]
        """Return the chain of this and the other."""
        if not isinstance(other, Signature):
            return NotImplemented
        return kind_of("chain").revive(
            {"tasks": [*steps(self), *steps(other)]}, self.given_client or other.given_client
        )

    def __invert__(self) -> Any:
        """Send it and wait for its value: `~add.s(2, 2)`."""
        return self.apply_async().get()

    def __repr__(self) -> str:
        """Show it as a call."""
        shown = [*map(repr, self.args), *(f"{name}={value!r}" for name, value in self.kwargs.items())]
        return f"{self.task}({', '.join(shown)})"

    def __reduce__(self) -> Any:
        """Copy and compare as the plain dict it is."""
        return restore, (dict(self),)


KINDS["task"] = Signature
_new = dict.__new__


def fresh(
    task: str, args: list[Any], kwargs: dict[str, Any], client: Launcher | None, *, immutable: bool = False
) -> Signature:
    """Describe a call by a list and a dict that are nobody else's; the quick way, as groups are made of thousands."""
    made: Signature = _new(Signature)
    made.update(_FORM)  # one step for all keys; then only values change
    made["task"], made["args"], made["kwargs"], made["options"] = task, args, kwargs, {}
    if immutable:
        made["immutable"] = True
    made.given_client = client
    return made


def kind_of(name: str) -> type[Signature]:
    """Return the class of a kind of signature."""
    return known_kinds()[name]


def known_kinds() -> Mapping[str, type[Signature]]:
    """Return the class of each kind of signature; the workflows are loaded with the first need of one."""
    import_module("queue_client.workflow")  # by name: workflows are made of signatures
    return KINDS


def steps(part: Signature) -> list[Any]:
    """Return what a chain makes of this: its own steps if it is a chain."""
    return list(part["tasks"]) if part.kind == "chain" and not (part.options or part.args or part.kwargs) else [part]


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with durations in seconds, so that JSON can carry them."""
    return {
        name: value.total_seconds() if isinstance(value, timedelta) else value
        for name, value in options.items()
        if value is not None
    }


def restore(given: Mapping[str, Any], client: Launcher | None = None) -> Signature:
    """Return the signature that `given` describes.

    Raises:
        ConfigurationError: it does not describe one.
    """
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"{given!r} is not a signature; write task.s(...) for a call of a task")
    name = str(given.get("kind", "task"))
    if name not in known_kinds() or not ("task" in given or "tasks" in given or "header" in given):
        raise ConfigurationError(f"{dict(given)!r} is not a signature: it needs a kind and a task, tasks or a header")
    return kind_of(name).revive(given, client or getattr(given, "given_client", None))


def signature(
    task: str | Mapping[str, Any],
    args: Iterable[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    immutable: bool = False,
    client: Launcher | None = None,
    app: Launcher | None = None,
    **options: Any,
) -> Signature:
    """Return a signature: by a task's name, or from what one was written as; `app` is `client` by Celery's name.

    >>> signature("shop.add", args=(2, 2), countdown=10)
    shop.add(2, 2)
    """
    client = client or app
    if isinstance(task, Mapping):
        return restore(task, client).clone(args, kwargs, **options)
    options = {**options.pop("options", {}), **options}
    return Signature.of(task, args, kwargs, options, immutable=immutable, client=client)
