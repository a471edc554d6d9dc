"""Celery's task, worker and sender."""

from __future__ import annotations

from celery import Celery

from benchmarks.peers.counting import RESULTS, URL, hit, time_sending

app = Celery("bench", broker=URL, backend=URL if RESULTS else None)
app.conf.update(result_expires=86400, broker_connection_retry_on_startup=True, task_ignore_result=not RESULTS)


@app.task(name="add")
def add(x: int, y: int) -> int:
    """Do next to nothing."""
    hit()
    return x + y


def send(count: int) -> None:
    """Send one by one."""
    for _ in range(count):
        add.delay(1, 2)


if __name__ == "__main__":
    time_sending(send)
