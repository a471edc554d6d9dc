"""Results in any database that SQLAlchemy speaks to.

One table, `onbeat_results`, made at the first use. Expired rows are not found
any more, and are deleted now and then by whoever writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from time import monotonic, time_ns
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from queue_client.backends.contract import Kept
from queue_client.errors import BrokerUnavailable

PURGE_EVERY_S: Final = 60.0
BATCH: Final = 500
BUSY_S: Final = 30.0
"""How long a writer of SQLite waits for another one."""
_metadata = sa.MetaData()
_table = sa.Table(
    "onbeat_results",
    _metadata,
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("record", sa.LargeBinary(16 * 1024 * 1024), nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
)


class SqlBackend:
    """See `queue_client.backends.contract.ResultBackend`.

    >>> backend = SqlBackend("sqlite://")
    >>> backend.keep([Kept("4f", b"{}", 60_000)])
    >>> backend.find(["4f", "50"])
    [b'{}', None]
    """

    def __init__(self, url: str, **engine: Any) -> None:
        """Describe the database at `url`; `engine` goes to SQLAlchemy's `create_engine`."""
        if url in ("sqlite://", "sqlite:///:memory:"):
            engine = {"poolclass": sa.StaticPool, "connect_args": {"check_same_thread": False}, **engine}
        if url.startswith("sqlite"):
            engine = {**engine, "connect_args": {"timeout": BUSY_S, **engine.get("connect_args", {})}}
        self._engine = sa.create_engine(url, pool_pre_ping=True, **engine)
        self._made = False
        self._lock = Lock()
        self._purged = monotonic()

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            self._make_table()
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            address = self._engine.url.render_as_string(hide_password=True)
            raise BrokerUnavailable(address, str(error.__cause__ or error).split("\n", 1)[0]) from error

    def _make_table(self) -> None:
        with self._lock:
            if self._made:
                return
            try:
                _metadata.create_all(self._engine)
            except SQLAlchemyError:  # another process was first: then it is there now
                _metadata.create_all(self._engine)
            self._made = True

    def keep(self, records: Sequence[Kept]) -> None:
        """Keep records, in the place of earlier ones of the same tasks."""
        latest = {each.task_id: each for each in records}
        try:
            self._replace(list(latest.values()))
        except IntegrityError:  # somebody else was first with the same task; now it is there
            self._replace(list(latest.values()))

    def _replace(self, records: Sequence[Kept]) -> None:
        now_ms = _now_ms()
        rows = [{"id": each.task_id, "record": each.record, "expires_ms": now_ms + each.ttl_ms} for each in records]
        with self._transaction() as connection:
            for start in range(0, len(rows), BATCH):
                batch = rows[start : start + BATCH]
                connection.execute(sa.delete(_table).where(_table.c.id.in_([row["id"] for row in batch])))
                connection.execute(sa.insert(_table), batch)
            if monotonic() - self._purged > PURGE_EVERY_S:
                self._purged = monotonic()
                connection.execute(sa.delete(_table).where(_table.c.expires_ms <= now_ms))

    def find(self, task_ids: Sequence[str]) -> list[bytes | None]:
        """Return the records of these tasks; None where there is none any more."""
        found: dict[str, bytes] = {}
        with self._transaction() as connection:
            for start in range(0, len(task_ids), BATCH):
                wanted = sa.select(_table.c.id, _table.c.record).where(
                    _table.c.id.in_(task_ids[start : start + BATCH]), _table.c.expires_ms > _now_ms()
                )
                found |= {row.id: bytes(row.record) for row in connection.execute(wanted)}
        return [found.get(task_id) for task_id in task_ids]

    def forget(self, task_ids: Sequence[str]) -> None:
        """Delete the records of these tasks."""
        with self._transaction() as connection:
            connection.execute(sa.delete(_table).where(_table.c.id.in_(list(task_ids))))

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._engine.dispose()


def _now_ms() -> int:
    return time_ns() // 1_000_000
