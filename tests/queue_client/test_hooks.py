"""A task's own callbacks hear of its end, and cannot change it."""

from __future__ import annotations

from typing import Any

import pytest

from queue_client import Client
from tests.queue_client.working import working


class Heard:
    """Notes which hook was called, and with what."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def success(self, result: object, task_id: str, args: list[Any], kwargs: dict[str, Any]) -> None:
        self.calls.append(("success", result, task_id, args, kwargs))

    def failure(self, error: BaseException, task_id: str, args: Any, kwargs: Any, traceback: str) -> None:
        self.calls.append(("failure", repr(error), task_id, "line_of_the_task" in traceback))

    def retry(self, error: BaseException, task_id: str, args: Any, kwargs: Any, traceback: str) -> None:
        self.calls.append(("retry", repr(error), task_id))


@pytest.mark.parametrize("is_async", [False, True])
def test_each_end_calls_its_hook(client: Client, is_async: bool) -> None:
    heard = Heard()

    def line_of_the_task(self: Any, how: str, times: int = 1) -> str:
        if how == "retry" and self.request.retries == 0:
            self.retry(exc=OSError("soon"), countdown=0)
        if how == "fail":
            raise ValueError("no")
        return how * times

    async def aline_of_the_task(self: Any, how: str, times: int = 1) -> str:
        return line_of_the_task(self, how, times)

    hooks = {"on_success": heard.success, "on_failure": heard.failure, "on_retry": heard.retry}
    task: Any = client.task(bind=True, name="t", **hooks)(aline_of_the_task if is_async else line_of_the_task)

    with working(client):
        good = task.delay("ok", times=2)
        assert good.get(timeout=10) == "okok"
        again = task.delay("retry")
        assert again.get(timeout=10) == "retry"
        bad = task.delay("fail")
        with pytest.raises(ValueError, match="no"):
            bad.get(timeout=10)

    assert heard.calls == [
        ("success", "okok", good.id, ["ok"], {"times": 2}),
        ("retry", "OSError('soon')", again.id),
        ("success", "retry", again.id, ["retry"], {}),
        ("failure", "ValueError('no')", bad.id, True),
    ]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_hook_that_raises_changes_nothing(client: Client, is_async: bool) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("in the hook")

    async def abroken(*_: object) -> None:
        broken()

    def task() -> str:
        return "done"

    async def atask() -> str:
        return "done"

    registered: Any = client.task(name="t", on_success=abroken if is_async else broken)(atask if is_async else task)
    with working(client, concurrency=1):
        assert [registered.delay().get(timeout=10) for _ in range(2)] == ["done", "done"]
