"""How a client sends workflows. A part of `Client`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import repeat
from typing import TYPE_CHECKING, Any, cast

from queue_client.envelope import claim_of
from queue_client.errors import ConfigurationError
from queue_client.freeze import first_tasks, freeze, plain_calls
from queue_client.group_result import AnyResult, GroupResult, result_of
from queue_client.ids import new_id
from queue_client.launch import Flow, Launch, Sender, serializer_for, serializer_of
from queue_client.options import SendKeywords
from queue_client.request import current
from queue_client.result import Result

if TYPE_CHECKING:
    from queue_client.broker import Broker


class Launching:
    """The methods of a client that send workflows."""

    if TYPE_CHECKING:
        _trusted: dict[str, type[BaseException]]

        @property
        def broker(self) -> Broker:
            """The client's broker."""
            ...

    def launch(
        self,
        signature: Mapping[str, Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        call: SendKeywords | None = None,
    ) -> AnyResult:
        """Send a signature of any kind.

        Args:
            signature: what to send.
            args: go before the arguments of its first task or tasks.
            kwargs: are added to them.
            call: options as of `Task.apply_async`, for this sending.

        Raises:
            ConfigurationError: it has no task, or an option that cannot be.
            BrokerUnavailable: the server does not answer.
        """
        return self._launch(self.broker, signature, args, kwargs, call)

    def _launch(
        self,
        broker: Broker,
        signature: Mapping[str, Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None,
        call: SendKeywords | None,
    ) -> AnyResult:
        whole = signature.clone(args, kwargs) if hasattr(signature, "clone") else signature
        calls = plain_calls(whole, call) if whole is not signature else ()
        if calls:
            return self._side_by_side(broker, calls, whole.get("args", ()))
        node = freeze(whole, call)
        if node.get("chain") == []:
            raise ConfigurationError("a chain needs at least one task")
        sender = cast("Sender", self)
        launch = Launch(sender, time.time_ns() // 1_000_000, current.get())
        launch.parent.add_children(task["options"]["task_id"] for task in first_tasks(node))
        launch.start(node, (), Flow(serializer_of(sender, node)))

        def ours() -> Broker:
            return broker

        claim = claim_of(node["task"], sender.options_of(node["task"]), node["options"]) if "task" in node else None
        if claim is not None:
            task_id = node["options"]["task_id"]
            return Result(broker.send_unique(launch.sends[0], claim.key, task_id, claim.ms), ours, self._trusted)
        broker.send_flow(launch.steps, launch.sends)
        return result_of(node, lambda task_id: Result(task_id, ours, self._trusted), ours)

    def _side_by_side(self, broker: Broker, calls: Sequence[Mapping[str, Any]], values: Sequence[Any]) -> GroupResult:
        """Send a group of plain calls, with nothing made for each of them but its message and its result."""
        sender, group_id, ids = cast("Sender", self), new_id(), [new_id() for _ in calls]
        serializer = serializer_for(sender, {(each["task"], None) for each in calls})
        launch = Launch(sender, time.time_ns() // 1_000_000, current.get())
        launch.parent.add_children(ids)
        launch.calls(zip(calls, ids, repeat(None), strict=False), values, Flow(serializer, group=group_id))
        broker.send_flow(launch.steps, launch.sends)

        def ours() -> Broker:
            return broker

        return GroupResult(group_id, [Result(task_id, ours, self._trusted) for task_id in ids], ours)

    def apply(
        self,
        signature: Mapping[str, Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        call: SendKeywords | None = None,
    ) -> AnyResult:
        """Run a signature of any kind here and now, and return its result; no server is asked.

        The arguments are those of `launch`.
        """
        eager = import_module("queue_client.eager")  # by name: it is made of the worker, which is made of the client
        return self._launch(eager.EagerBroker(self), signature, args, kwargs, call)
