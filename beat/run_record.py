"""What a worker says of a run: the JSON that it leaves at the target, Onbeat's own or Celery's.

Pure.
"""

from __future__ import annotations

from typing import Any

import msgspec

from queue_client.record import READY


def read(record: str) -> tuple[str, str]:
    """Return the status in a record and its error in words, both empty where it cannot be read.

    >>> read('{"status": "FAILURE", "error": {"type": "ValueError", "message": "no"}}')
    ('FAILURE', 'ValueError: no')
    >>> read("[]")
    ('', '')
    """
    try:
        facts: Any = msgspec.json.decode(record)
        status, error = str(facts["status"]), facts.get("error") or {}
        return status, f"{error.get('type')}: {error.get('message')}" if error else ""
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return "", ""


def has_ended(record: str | None) -> bool:
    """Tell whether a run has ended: whatever status says otherwise is a worker's, or the task's own, meanwhile.

    A record that cannot be read (Celery's may be pickled) counts as the end.

    >>> has_ended('{"status": "SUCCESS", "result": "RETRY"}'), has_ended('{"status": "PROGRESS"}'), has_ended(None)
    (True, False, False)
    """
    return record is not None and read(record)[0] in {*READY, ""}
