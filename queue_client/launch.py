"""What has to be sent, now and behind gates, to run a workflow.

A launch begins at a node (see `freeze`) with values that go before its
arguments, and a *flow*: what comes after it. Tasks carry their flow along: a
message knows the rest of its chain, and the gate that its result belongs to.
The worker that ran it goes on from there with another launch (see `follow`).

A group whose results are needed gets a gate. What comes after it is launched
right away too, with a hole for the results, and waits behind the gate.

All messages of a workflow have one serializer, so that results can be put
into messages as they are.

Pure: the present time and the running request are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count, groupby, repeat
from typing import Any, NamedTuple, Protocol, cast

from queue_client import message as wire
from queue_client import record as records
from queue_client.checks import listed
from queue_client.envelope import Draft, Office, Place, draft, seal, seal_many
from queue_client.errors import MessageError
from queue_client.freeze import PLAIN, Node, all_tasks, freeze, task_ids
from queue_client.gate import HOLE, Gate, Part, Step, Template
from queue_client.ids import new_id
from queue_client.message import Message
from queue_client.options import SendKeywords, TaskOptions
from queue_client.outgoing import Outgoing
from queue_client.request import Request


class Sender(Protocol):
    """What a launch needs of a client."""

    result_ttl_ms: int

    @property
    def office(self) -> Office:
        """What all messages have in common."""

    def options_of(self, task: str) -> TaskOptions:
        """Return the options of a task, registered here or not."""

    def find(self, name: str) -> Any:
        """Return the registered task of that name."""

    def launch(self, signature: Mapping[str, Any], args: Any, kwargs: Any, call: SendKeywords) -> Any:
        """Send a signature and return its result."""


class Flow(NamedTuple):
    """What comes after a node."""

    serializer: str
    rest: Sequence[Node] = ()
    chord: tuple[str, int] | None = None
    group: str | None = None
    errback: bool = False


PlainCall = tuple[Mapping[str, Any], str, Place]
"""A part of a group without options of its own: its signature or node, its id, its place behind the gate."""


class Launch:
    """The messages and gates of one workflow, or of the rest of one."""

    def __init__(self, sender: Sender, now_ms: int, parent: Request) -> None:
        """Begin with nothing; `parent` is the request that leads to it."""
        self.sender = sender
        self.now_ms = now_ms
        self.parent = parent
        self.sends: list[Outgoing] = []
        self.steps: list[Step] = []
        self._drafts: dict[str, Draft] = {}
        """Of tasks that have no options but an id; each is written as often as its task is sent."""

    def start(self, node: Node, values: Sequence[Any], flow: Flow) -> None:
        """Begin with a node, with `values` before its arguments."""
        if "chain" in node:
            first, *rest = node["chain"]
            self.start(first, values, flow._replace(rest=[*rest, *flow.rest]))
        elif "group" not in node:
            self.sends.append(self._message(node, values, flow))
        elif node["group"]:
            self._side_by_side(node, values, flow)
        else:
            self._skip(flow)

    def _message(self, node: Node, values: Sequence[Any], flow: Flow) -> Outgoing:
        made = self._draft(node, flow)
        message = made.message
        message.args = node["args"] if node.get("immutable") else [*values, *node["args"]]
        message.kwargs = node["kwargs"]
        return seal(made, flow.serializer)

    def _draft(self, node: Node, flow: Flow) -> Draft:
        """Return the message of a node, but for its arguments."""
        task, options = node["task"], node["options"]
        is_plain = len(options) == 1
        made = self._drafts.get(task) if is_plain else None
        if made is None:
            known, call = self.sender.options_of(task), call_options(options)
            made = draft(self.sender.office, task, known, (), {}, call, now_ms=self.now_ms, parent=self.parent)
            if is_plain:
                self._drafts[task] = made
        message = made.message
        message.id = str(options["task_id"])
        message.chain = list(flow.rest)
        message.chord, message.group = flow.chord, flow.group
        message.each = node.get("each")
        message.errback = flow.errback and not node.get("immutable", False)
        return made

    def _side_by_side(self, node: Node, values: Sequence[Any], flow: Flow) -> None:
        parts = node["group"]
        each = Flow(flow.serializer, group=node["id"], errback=flow.errback)
        gate = self._gate(len(parts), flow) if flow.rest or flow.chord else None
        places: Iterable[Place] = repeat(None) if gate is None else zip(repeat(gate.id), count(), strict=False)
        for task, alike in groupby(zip(parts, places, strict=False), _plain_task):
            if task:
                self._many(task, ((part, part["options"]["task_id"], place) for part, place in alike), values, each)
                continue
            for part, place in alike:
                self.start(part, values, each._replace(chord=place))

    def calls(self, parts: Iterable[PlainCall], values: Sequence[Any], flow: Flow) -> None:
        """Send plain calls, which are not frozen."""
        for task, alike in groupby(parts, key=_task_of):
            self._many(task, alike, values, flow)

    def _many(self, task: str, parts: Iterable[PlainCall], values: Sequence[Any], flow: Flow) -> None:
        """Send plain calls of one task."""
        made = self._draft({"task": task, "options": {"task_id": ""}}, flow)
        calls = (
            (task_id, [*values, *part["args"]] if values else part["args"], part["kwargs"], place)
            for part, task_id, place in parts
        )
        self.sends += seal_many(made, calls, flow.serializer)

    def _skip(self, flow: Flow) -> None:
        """Go on after a group of nothing, whose results are an empty list."""
        if flow.rest:
            self.start(flow.rest[0], [[]], flow._replace(rest=flow.rest[1:]))
        elif flow.chord:
            self.steps.append(Part(*flow.chord, written([], flow.serializer)))

    def _gate(self, size: int, flow: Flow) -> Gate:
        gate = Gate(new_id(), size, flow.serializer, keep_ms=self.sender.result_ttl_ms)
        gate.too_large = self._too_large(flow)
        self.steps.append(gate)
        if flow.chord:
            gate.outer = flow.chord[0]
        if flow.rest:
            self._behind(gate, flow)
        elif flow.chord:
            gate.index = flow.chord[1]
        return gate

    def _behind(self, gate: Gate, flow: Flow) -> None:
        """Put what comes after a group behind its gate."""
        first, *rest = flow.rest
        after = Launch(self.sender, self.now_ms, self.parent)
        after.start(first, [HOLE], flow._replace(rest=rest))
        gate.bodies = [Template.of(each) for each in after.sends]
        gate.inner = [each.id for each in after.steps if isinstance(each, Gate)]
        gate.doomed = task_ids(list(flow.rest))
        gate.errbacks = [Template.of(each) for each in self._errbacks(first, flow.serializer)]
        for step in after.steps:
            if isinstance(step, Part) and flow.chord and step.gate == flow.chord[0]:
                gate.index, gate.fixed = step.number, step.value
            else:
                self.steps.append(step)

    def _errbacks(self, node: Node, serializer: str) -> list[Outgoing]:
        calls = Launch(self.sender, self.now_ms, self.parent)
        for each in listed(node.get("options", {}).get("link_error")):
            calls.start(freeze(each), [HOLE], Flow(serializer, errback=True))
        return calls.sends

    def _too_large(self, flow: Flow) -> tuple[bytes, bytes]:
        detail = f"the results of a group do not fit into {wire.MAX_BYTES} bytes; return less, such as ids or paths"
        error = records.describe(MessageError("oversized", detail))
        record = records.encode(records.Record(records.FAILURE, error=error), flow.serializer)
        return record, written(trouble(self.parent.message, error), flow.serializer)


def _task_of(part: PlainCall) -> str:
    task: str = part[0]["task"]
    return task


def _plain_task(part: tuple[Node, Place]) -> str | None:
    """Return the task of a part that is one call without anything to it but an id; None for any other."""
    node = part[0]
    return node["task"] if len(node) == PLAIN and len(node["options"]) == 1 else None


def trouble(message: Message, error: records.ErrorRecord) -> dict[str, Any]:
    """Return what an error callback is told of a task that failed."""
    names = ("id", "task", "args", "kwargs", "headers", "retries", "root", "parent", "group")
    return {"request": {name: getattr(message, name) for name in names}, "error": error}


def written(value: Any, serializer: str) -> bytes:
    """Return a value as it stands inside a message of that serializer."""
    return wire.plain(value, serializer)


def serializer_of(sender: Sender, node: Node) -> str:
    """Return the serializer for a workflow: msgpack if any task in it asks for that."""
    return serializer_for(sender, {(task["task"], task["options"].get("serializer")) for task in all_tasks(node)})


def serializer_for(sender: Sender, tasks: Iterable[tuple[str, str | None]]) -> str:
    """Return the serializer for these tasks, each with the one that its call asks for."""
    if any((own or sender.options_of(task).serializer) == "msgpack" for task, own in tasks):
        return "msgpack"
    return sender.office.serializer


def call_options(options: Mapping[str, Any]) -> SendKeywords:
    """Return the options of a node; moments that travelled as text are moments again."""
    call = dict(options)
    for name in ("eta", "expires"):
        if isinstance(call.get(name), str):
            call[name] = datetime.fromisoformat(call[name])
    return cast("SendKeywords", call)
