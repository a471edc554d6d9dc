"""What a type checker knows of tasks, read by mypy with the rest; nothing here is run."""

from __future__ import annotations

from typing import Any, assert_type

from queue_client import Client, Result, Task, shared_task

client = Client()


@client.task
def add(x: int, y: int = 2) -> int:
    return x + y


@client.task(bind=True, queue="reports")
def report(self: Task[..., Any], kind: str) -> list[str]:
    return [kind, str(self.request.id)]


@client.task
async def fetch(url: str) -> bytes:
    return url.encode()


@shared_task(max_retries=1)
def shared(name: str) -> None:
    """Return nothing."""


async def calls() -> None:
    assert_type(add(1), int)
    assert_type(add.delay(1, 2), Result[int])
    assert_type(add.delay(1).get(timeout=5), int)
    assert_type(add.apply_async((1,), countdown=5).get(), int)
    assert_type(add.AsyncResult("4f").get(), int)
    assert_type(await add.adelay(1), Result[int])
    assert_type(await (await add.aapply_async((1,))).aget(), int)
    assert_type(await add.delay(1), int)
    assert_type(report.delay("full"), Result[list[str]])
    assert_type(report("full"), list[str])
    assert_type(await fetch("a"), bytes)
    assert_type(fetch.delay("a").get(), bytes)
    assert_type(await fetch.adelay("a"), Result[bytes])
    assert_type(fetch.apply_async(("a",)).get(), bytes)
    assert_type(shared.delay("a"), Result[None])


def mistakes() -> None:
    """Each line is an error to the checker: an ignore that is not needed would be one, too."""
    add.delay("1")  # type: ignore[arg-type]
    add.delay(1, 2, 3)  # type: ignore[call-arg]
    add.delay(1, z=2)  # type: ignore[call-arg]
    report.delay()  # type: ignore[call-arg]
    fetch.delay(1)  # type: ignore[call-overload]
    add.apply_async((1,), countdwn=5)  # type: ignore[call-arg]
    add.apply_async((1,), priority="high")  # type: ignore[arg-type]
    text: str = add.delay(1).get()  # type: ignore[assignment]
    del text
