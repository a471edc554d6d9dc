"""What a Celery user types into a Python shell, with what comes back."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import tasks
from tasks import add, app, div

from queue_client import IgnoredSetting, TaskFailed, TaskRevoked

# Calling the task, keeping results
result = add.delay(4, 4)
assert result.get(timeout=10) == 8
assert (result.ready(), result.successful(), result.failed()) == (True, True, False)
assert (result.status, result.state, result.result, result.traceback) == ("SUCCESS", "SUCCESS", 8, None)
assert result.id == result.task_id == str(result) == add.AsyncResult(result.id).id
assert add.AsyncResult(result.id).get(timeout=1) == app.AsyncResult(result.id).result == 8
result.forget()
assert result.status == "PENDING"

# Called in process
assert add(2, 2) == 4
assert tasks.dump_context(1, y=2)["called_directly"] is True

# Errors
result = div.delay(1, 0)
try:
    result.get(timeout=10)
except ZeroDivisionError as error:
    assert "division by zero" in str(error)
    assert "In the worker" in error.__notes__[0]
else:
    raise AssertionError
assert isinstance(result.get(propagate=False), ZeroDivisionError)
assert (result.failed(), result.successful(), result.state) == (True, False, "FAILURE")
assert "ZeroDivisionError" in result.traceback
try:
    tasks.strange.delay().get(timeout=10)
except TaskFailed as error:
    assert (error.kind, "Traceback" in error.traceback) == ("elsewhere.HomeMade", True)
try:
    tasks.unheard.delay().get(timeout=10)
except tasks.Unheard as error:
    assert str(error) == "on purpose"

# The request
context = tasks.dump_context.apply_async((1,), {"y": 2}, headers={"tenant": "a"}, task_id="ctx-" + uuid.uuid4().hex)
seen = context.get(timeout=10)
assert seen["id"] == seen["root_id"] == context.id
assert (seen["args"], seen["kwargs"], seen["retries"], seen["task"]) == ([1], {"y": 2}, 0, "tasks.dump_context")
assert (seen["headers"]["tenant"], seen["hostname"], seen["queue"], seen["max_retries"]) == ("a", True, "default", 3)

# Retrying
assert tasks.flaky.delay(2).get(timeout=10) == 2
assert isinstance(tasks.flaky.delay(9).get(timeout=10, propagate=False), ConnectionError)
assert isinstance(tasks.unlucky.delay().get(timeout=10, propagate=False), OSError)

# Calling: countdown, eta, expires, priority, serializer, ignore_result
assert add.apply_async((2, 2), countdown=0.05).get(timeout=10) == 4
assert add.apply_async((2, 2), eta=datetime.now(UTC) + timedelta(seconds=0.05)).get(timeout=10) == 4
assert isinstance(add.apply_async((2, 2), expires=-1).get(timeout=10, propagate=False), TaskRevoked)
assert add.apply_async((2, 2), expires=datetime.now(UTC) + timedelta(minutes=1), priority=9).get(timeout=10) == 4
assert add.apply_async((2, 2), serializer="msgpack").get(timeout=10) == 4
assert add.apply_async(kwargs={"x": 1, "y": 1}).get(timeout=10) == 2
assert app.send_task("tasks.add", args=[2, 2], kwargs={}).get(timeout=10) == 4
assert app.send("tasks.add", 3, 4).get(timeout=10) == 7
assert tasks.aio.delay(21).get(timeout=10) == 42
quiet = add.apply_async((2, 2), ignore_result=True)
tasks.silent.delay()

# link, link_error
linked = f"link-{uuid.uuid4().hex}"
add.apply_async((2, 2), link=tasks.echo.signature((16,), task_id=linked))
assert app.AsyncResult(linked).get(timeout=10) == [[4, 16], {}]
failing = div.apply_async((1, 0), link_error=tasks.error_handler.s())
assert app.AsyncResult(f"handled-{failing.id}").get(timeout=10)[0] == [failing.id, "ZeroDivisionError", True]

# Custom states and progress
gate = f"gate-{uuid.uuid4().hex}"
upload = tasks.upload_files.delay([gate, "b", "c"])
while upload.state != "PROGRESS" or upload.info["current"] < 2:
    pass
assert upload.info == {"current": 2, "total": 3}
counting = tasks.counted.delay(gate)
while counting.progress is None:
    pass
assert (counting.progress, counting.state) == ((3, 10), "STARTED")
add.apply_async((1, 1), task_id=gate)
assert upload.get(timeout=10) == "uploaded"
counting.get(timeout=10)

# Revoking, limits
later = add.apply_async((1, 1), countdown=0.3)
app.control.revoke(later.id)
assert isinstance(later.get(timeout=10, propagate=False), TaskRevoked)
assert later.state == "REVOKED"
assert type(tasks.limited.delay().get(timeout=10, propagate=False)).__name__ == "SoftTimeLimitExceeded"

# Task classes
rows = tasks.process_rows.delay()
assert rows.get(timeout=10) == [True, 7]
assert app.AsyncResult(f"hook-{rows.id}").get(timeout=10)[0] == [[True, 7], []]


# asyncio
async def main() -> None:
    results = [await add.adelay(i, i) for i in range(20)]
    assert await asyncio.gather(*results) == [2 * i for i in range(20)]
    one = await add.aapply_async((1, 2), countdown=0.01)
    assert (await one.aget(timeout=10), await one.aready()) == (3, True)


asyncio.run(main())

# Settings
assert (app.conf.timezone, app.conf.result_expires, app.conf.task_serializer) == ("Europe/Oslo", 3600, "json")
app.conf.update(task_default_priority=5)
try:
    app.conf.update(worker_prefetch_multiplier=1)
except IgnoredSetting as warning:
    assert "worker_prefetch_multiplier" in str(warning)

assert quiet.status == "PENDING"
print("ok")
