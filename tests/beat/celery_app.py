"""A Celery application as users have them; it knows nothing of Onbeat."""

from __future__ import annotations

import os

from celery import Celery

URL = os.environ.get("CELERY_TEST_URL", "redis://127.0.0.1:1/0")
app = Celery("shop", broker=URL, backend=URL)
app.conf.broker_connection_retry_on_startup = True


@app.task(name="shop.which", bind=True)
def which(self: object, word: str, *, mark: str) -> None:
    """Say which fire this is."""
    headers = self.request.headers or {}  # type: ignore[attr-defined]
    facts = (headers.get("x-onbeat-entry"), headers.get("x-onbeat-due"), word)
    app.backend.client.rpush(mark, repr(facts))
