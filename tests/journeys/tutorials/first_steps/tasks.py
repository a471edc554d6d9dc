"""Celery's "First Steps" and "Tasks": only the imports are others."""

import time

from queue_client import Client as Celery
from queue_client import Ignore, Reject, get_task_logger

app = Celery("tasks")
app.config_from_object("celeryconfig")
logger = get_task_logger(__name__)


@app.task
def add(x, y):
    logger.info("Adding %s + %s", x, y)
    return x + y


@app.task(bind=True)
def dump_context(self, x, y):
    request = self.request
    return {
        "id": request.id, "args": request.args, "kwargs": request.kwargs, "retries": request.retries,
        "headers": request.headers, "task": request.task, "called_directly": request.called_directly,
        "hostname": bool(request.hostname), "root_id": request.root_id, "parent_id": request.parent_id,
        "queue": request.delivery_info["routing_key"], "x": x, "y": y, "max_retries": self.max_retries,
    }  # fmt: skip


@app.task(bind=True, default_retry_delay=0.01)
def flaky(self, failures):
    try:
        if self.request.retries < failures:
            raise ConnectionError("the network is down")
    except ConnectionError as exc:
        raise self.retry(exc=exc, countdown=0.01, max_retries=3)  # noqa: B904
    return self.request.retries


@app.task(autoretry_for=(OSError,), retry_kwargs={"max_retries": 2, "countdown": 0})
def unlucky():
    raise OSError("never")


class Unheard(Exception):
    """A type that only the worker's program has."""


@app.task
def div(x, y):
    return x / y


@app.task
def strange():
    kind = type("HomeMade", (Exception,), {"__module__": "elsewhere"})
    raise kind("no", 7)


@app.task(throws=(Unheard,))
def unheard():
    raise Unheard("on purpose")


@app.task(bind=True)
def upload_files(self, filenames):
    for i, _ in enumerate(filenames):
        self.update_state(state="PROGRESS", meta={"current": i, "total": len(filenames)})
    while not app.AsyncResult(self.request.args[0][0]).ready():
        time.sleep(0.01)
    return "uploaded"


@app.task(bind=True)
def counted(self, signal):
    self.progress(3, 10)
    while not app.AsyncResult(signal).ready():
        time.sleep(0.01)


@app.task(ignore_result=True)
def silent():
    return "nobody hears"


@app.task
def ignored():
    raise Ignore


@app.task
def rejected():
    raise Reject("poison")


@app.task
def echo(*args, **kwargs):
    return [list(args), kwargs]


@app.task
def error_handler(request, exc, traceback):
    echo.apply_async((request.id, type(exc).__name__, "Traceback" in traceback), task_id=f"handled-{request.id}")


@app.task
def sleepy(seconds):
    time.sleep(seconds)
    return seconds


@app.task(soft_time_limit=0.1)
def limited():
    while True:
        time.sleep(0.01)


class Counted(app.Task):
    """A class of tasks, with a state of its own and hooks."""

    calls = 0
    max_retries = 7

    def on_success(self, retval, task_id, args, kwargs):
        echo.apply_async((retval, args), task_id=f"hook-{task_id}")


@app.task(base=Counted, bind=True)
def process_rows(self):
    self.calls += 1
    return [self.calls > 0, self.max_retries]


@app.task
async def aio(x):
    return x * 2
