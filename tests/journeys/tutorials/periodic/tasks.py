"""Celery's "Periodic Tasks"."""

from datetime import timedelta

from beat import periodic_task
from queue_client import Client as Celery
from schedules import crontab

app = Celery("tasks")
app.conf.timezone = "UTC"


@app.on_after_configure.connect
def setup_periodic_tasks(sender, **kwargs):
    sender.add_periodic_task(0.25, test.s("hello"), name="add every quarter second")
    sender.add_periodic_task(crontab(hour=7, minute=30, day_of_week=1), test.s("Happy Mondays!"), expires=10)


@app.task
def test(arg):
    print(arg)
    return arg


@app.task
def add(x, y):
    return x + y


app.conf.beat_schedule = {
    "add-every-30-seconds": {"task": "tasks.add", "schedule": timedelta(seconds=30), "args": (16, 16)},
    "add-every-monday-morning": {
        "task": "tasks.add",
        "schedule": crontab(hour=7, minute=30, day_of_week=1),
        "args": (16, 16),
        "options": {"queue": "default", "expires": 60},
    },
}


@periodic_task(run_every=timedelta(seconds=0.25), name="old_style", ignore_result=True)
def old_style():
    pass
