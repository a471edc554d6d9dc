"""Results in the database of a Django project, through its own connection.

One table, `onbeat_results`, made at the first use; the model needs no
application of its own in INSTALLED_APPS.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any, Final

from django.db import DatabaseError, connections, models, transaction

from queue_client.backends.contract import Kept
from queue_client.errors import BrokerUnavailable

PURGE_EVERY_S: Final = 60.0
BATCH: Final = 500
_lock = Lock()
_models: list[Any] = []


class DjangoBackend:
    """See `queue_client.backends.contract.ResultBackend`.

    The address is `django-db`, or `django-db:alias` for another database of
    DATABASES than the default one.
    """

    def __init__(self, address: str = "django-db") -> None:
        """Describe the database; the settings of Django are read at first use."""
        self.alias = address.partition(":")[2] or "default"
        self._model: Any = None
        self._purged = monotonic()

    @contextmanager
    def _rows(self) -> Iterator[Any]:
        try:
            connection = connections[self.alias]
            if not connection.in_atomic_block:  # closing it there would break the program's own transaction
                connection.close_if_unusable_or_obsolete()
            if self._model is None:
                self._model = _model_in(self.alias)
            yield self._model.objects.using(self.alias)
        except DatabaseError as error:
            raise BrokerUnavailable(f"django-db:{self.alias}", str(error).split("\n", 1)[0]) from error

    def keep(self, records: Sequence[Kept]) -> None:
        """Keep records, in the place of earlier ones of the same tasks."""
        latest = {each.task_id: each for each in records}
        now = datetime.now(UTC)
        with self._rows() as rows, transaction.atomic(using=self.alias):
            rows.bulk_create(
                [
                    self._model(id=each.task_id, record=each.record, expires=now + timedelta(milliseconds=each.ttl_ms))
                    for each in latest.values()
                ],
                batch_size=BATCH,
                update_conflicts=True,
                update_fields=["record", "expires"],
                unique_fields=["id"] if connections[self.alias].vendor != "mysql" else None,
            )
            if monotonic() - self._purged > PURGE_EVERY_S:
                self._purged = monotonic()
                rows.filter(expires__lte=now).delete()

    def find(self, task_ids: Sequence[str]) -> list[bytes | None]:
        """Return the records of these tasks; None where there is none any more."""
        found: dict[str, bytes] = {}
        with self._rows() as rows:
            for start in range(0, len(task_ids), BATCH):
                wanted = rows.filter(id__in=task_ids[start : start + BATCH], expires__gt=datetime.now(UTC))
                found |= {task_id: bytes(record) for task_id, record in wanted.values_list("id", "record")}
        return [found.get(task_id) for task_id in task_ids]

    def forget(self, task_ids: Sequence[str]) -> None:
        """Delete the records of these tasks."""
        with self._rows() as rows:
            rows.filter(id__in=list(task_ids)).delete()

    def close(self) -> None:
        """Close this thread's connection; Django opens a new one at the next use."""
        connections[self.alias].close()


def _model_in(alias: str) -> Any:
    """Return the model, its table made if it is not there."""
    with _lock:
        if not _models:
            meta = type("Meta", (), {"app_label": "onbeat", "db_table": "onbeat_results"})
            fields = {
                "id": models.CharField(max_length=255, primary_key=True),
                "record": models.BinaryField(),
                "expires": models.DateTimeField(db_index=True),
            }
            _models.append(type("OnbeatResult", (models.Model,), {"__module__": __name__, "Meta": meta, **fields}))
        try:
            _make_table(alias)
        except DatabaseError:  # another process was first: then it is there now
            _make_table(alias)
        return _models[0]


def _make_table(alias: str) -> None:
    connection, model = connections[alias], _models[0]
    if model._meta.db_table not in connection.introspection.table_names():  # noqa: SLF001 Django's own way
        with connection.schema_editor() as editor:
            editor.create_model(model)
