"""An entry: a named schedule, the task it fires, and how it is to be fired.

An entry is a frozen value. Its record is the JSON that the store keeps: the
fields under their own names, durations as integer milliseconds, defaults left
out, without name and source, so that entries which differ only in their name
share one record and one compiled plan.

Pure: no I/O, no clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import msgspec

from beat.errors import EntryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schedules import Schedule

CatchUp = Literal["latest", "all", "skip"]
Overlap = Literal["allow", "skip", "buffer_one", "buffer_all", "cancel"]
After = Literal["start", "finish"]
Source = Literal["toml", "code", "api"]

_NOTHING: Final[Mapping[str, Any]] = {}
"""What most entries have for their mappings: one empty one for all."""
_UNKNOWN: Final = re.compile(r"unexpected keyword argument '(\w+)'")
NAME_LIMIT: Final = 200
MOST_URGENT: Final = 9
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "catch_up": get_args(CatchUp),
    "overlap": get_args(Overlap),
    "after": get_args(After),
    "source": get_args(Source),
}
_POSITIVE: Final = (
    "window_ms", "jitter_ms", "catch_up_limit", "catch_up_rate", "max_runs", "run_limit_ms", "pause_after_failures",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A named schedule with its task and its policies.

    Every `…_ms` is milliseconds: a length of time, or for `start_ms` and
    `until_ms` an instant since the Unix epoch.

    Raises:
        EntryError: A field is not one of its choices or out of range.
    """

    name: str
    schedule: Schedule
    task: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    target: str = "native"
    queue: str | None = None
    routing_key: str | None = None
    priority: int | None = None
    expires_ms: int | Literal["next"] | None = None
    headers: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    options: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    catch_up: CatchUp = "latest"
    window_ms: int | None = None
    catch_up_limit: int = 1000
    catch_up_rate: int | None = None
    overlap: Overlap = "allow"
    run_limit_ms: int = 3_600_000
    jitter_ms: int | None = None
    start_ms: int | None = None
    until_ms: int | None = None
    max_runs: int | None = None
    pause_after_failures: int | None = None
    after: After = "start"
    enabled: bool = True
    tags: tuple[str, ...] = ()
    description: str = ""
    source: Source = "api"

    def __post_init__(self) -> None:
        """Refuse what no part of the beat could act on."""
        name: object = self.name
        if not isinstance(name, str) or not 1 <= len(name) <= NAME_LIMIT or not name.isprintable():
            raise EntryError(str(name), "name", f"must have 1 to {NAME_LIMIT} printable characters")
        if not self.task:
            raise EntryError(self.name, "task", 'is missing; write the task\'s name, as in task = "shop.tasks.report"')
        for key, choices in _CHOICES.items():
            if getattr(self, key) not in choices:
                raise EntryError(self.name, key, f"{getattr(self, key)!r} is not one of {', '.join(choices)}")
        if "" in {self.queue, self.routing_key}:
            key = "queue" if self.queue == "" else "routing_key"
            raise EntryError(self.name, key, "is empty; leave it out, or name a queue")
        if self.priority is not None and not 0 <= self.priority <= MOST_URGENT:
            raise EntryError(self.name, "priority", f"{self.priority} is not in 0-{MOST_URGENT} (9 runs first)")
        for key in _POSITIVE:
            value = getattr(self, key)
            if value is not None and value <= 0:
                raise EntryError(self.name, key, f"must be more than 0, not {value}")
        self._check_finish()

    def _check_finish(self) -> None:
        if self.after == "start":
            return
        if "every" not in self.schedule.to_spec():
            raise EntryError(
                self.name, "after", '"finish" needs every = "…", the time from the end of a run to the next'
            )
        if self.jitter_ms is not None or self.overlap != "allow":
            raise EntryError(self.name, "after", 'with "finish" no run overlaps another; leave jitter and overlap out')

    @property
    def delay_ms(self) -> int | None:
        """How long after the end of a run the next one is, with `after = "finish"`; else None."""
        if self.after == "start":
            return None
        from schedules import every

        return every(str(self.schedule.to_spec()["every"])).period_ms

    def to_record(self) -> bytes:
        """Return the entry as the JSON that the store keeps, without name and source; the arguments come first."""
        record: dict[str, Any] = {key: value for key in ("args", "kwargs") if (value := getattr(self, key))}
        record["schedule"] = self.schedule.to_spec()
        for key, default in _DEFAULTS.items():
            value = getattr(self, key)
            if value != default:
                record[key] = value
        return msgspec.json.encode(record)

    def arguments(self) -> tuple[str, str]:
        """Return args and kwargs as JSON."""
        return msgspec.json.encode(self.args).decode(), msgspec.json.encode(self.kwargs).decode()

    @classmethod
    def from_record(cls, name: str, source: Source, record: bytes) -> Entry:
        """Return the entry that `to_record` wrote.

        Raises:
            EntryError: The record is not one of this version's.
        """
        from schedules import from_spec

        try:
            facts = msgspec.json.decode(record, type=dict[str, Any])
            spec = facts.pop("schedule")
            for key in ("args", "tags"):
                if key in facts:
                    facts[key] = tuple(facts[key])
            return cls(name=name, source=source, schedule=from_spec(spec, key=name), **facts)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
            unknown = _UNKNOWN.search(str(error))
            reason = f"this version knows no key {unknown[1]}" if unknown else str(error)
            raise EntryError(name, "record", f"cannot be read: {reason}") from error


class _Arguments(msgspec.Struct):
    args: msgspec.Raw = msgspec.Raw(b"")
    kwargs: msgspec.Raw = msgspec.Raw(b"")


_arguments = msgspec.json.Decoder(_Arguments).decode


def take_apart(record: bytes) -> tuple[bytes, str, str] | None:
    """Return what entries that differ in their arguments only share of a record, and args and kwargs as JSON.

    None for a record that does not begin with its arguments, as those of `Entry.to_record` do.

    >>> take_apart(b'{"args":[1],"schedule":{"every":"1s"},"task":"t"}')
    (b'"schedule":{"every":"1s"},"task":"t"}', '[1]', '{}')
    """
    try:
        own = _arguments(record)
    except msgspec.DecodeError:
        return None
    args, kwargs = bytes(own.args), bytes(own.kwargs)
    begin = b"{" + (b'"args":%b,' % args if args else b"") + (b'"kwargs":%b,' % kwargs if kwargs else b"")
    if not record.startswith(begin):
        return None
    return record[len(begin) :], args.decode() or "[]", kwargs.decode() or "{}"


_MAPPINGS: Final = ("args", "kwargs", "headers", "options")
_KEPT_APART: Final = ("name", "schedule", "source", "task")
_DEFAULTS: Final[Mapping[str, Any]] = {
    "task": None,
    **{name: () if name == "args" else {} for name in _MAPPINGS},
    **{f.name: f.default for f in fields(Entry) if f.name not in {*_KEPT_APART, *_MAPPINGS}},
}
