"""How a client sends workflows. A part of `Client`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from queue_client.errors import ConfigurationError
from queue_client.freeze import freeze
from queue_client.group_result import AnyResult, result_of
from queue_client.launch import Flow, Launch, Sender, serializer_of
from queue_client.options import SendKeywords
from queue_client.request import current

if TYPE_CHECKING:
    from queue_client.broker import Broker
    from queue_client.result import Result


class Launching:
    """The methods of a client that send workflows."""

    if TYPE_CHECKING:
        result: Callable[[str], Result[Any]]

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
        whole = signature.clone(args, kwargs) if hasattr(signature, "clone") else signature
        node = freeze(whole, call)
        if node.get("chain") == []:
            raise ConfigurationError("a chain needs at least one task")
        sender = cast("Sender", self)
        launch = Launch(sender, time.time_ns() // 1_000_000, current.get())
        values = whole.get("args", ()) if "task" not in whole else ()
        launch.start(node, values, Flow(serializer_of(sender, node)))
        self.broker.send_flow(launch.steps, launch.sends)
        return result_of(node, self.result, lambda: self.broker)
