"""The project's tasks."""

from queue_client import shared_task

from .celery import app


@app.task
def add(x, y):
    return x + y


@app.task
def mul(x, y):
    return x * y


@shared_task
def xsum(numbers):
    return sum(numbers)


@shared_task
def fail(*args):
    raise ValueError("this part fails")


@app.task
def on_chord_error(request, exc, traceback):
    app.send_task("proj.tasks.mul", (1, 1), task_id=f"{request.id}-seen")


@app.task(bind=True)
def lineage(self, *args):
    return [self.request.id, self.request.parent_id, self.request.root_id, self.request.group]
