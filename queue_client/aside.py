"""A short call that waits for the server, made from an asyncio program: in a thread, so that the loop goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


async def aside(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call `function` in a thread and return what it returns.

    asyncio is only loaded by programs that use it: it costs more than all the rest of a client.
    """
    from asyncio import to_thread

    return await to_thread(function, *args, **kwargs)
