"""Every result backend: SQLAlchemy and Django on SQLite, Memcached itself or its double."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from queue_client.backends import ResultBackend, backend_of
from tests.memcached_double import Double

Make = Callable[[], ResultBackend]


@contextmanager
def sql(folder: Path) -> Iterator[str]:
    yield f"db+sqlite:///{folder / 'results.db'}"


@contextmanager
def django(folder: Path) -> Iterator[str]:
    from django.conf import settings
    from django.db import connections

    if not settings.configured:
        settings.configure(
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"timeout": 30}}}, USE_TZ=True
        )
        import django as framework

        framework.setup()
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = str(folder / "django.db")
    yield "django-db"
    connections["default"].close()


@contextmanager
def memcached(folder: Path) -> Iterator[str]:
    path = folder / "memcached.sock"
    binary = shutil.which("memcached")
    if binary is None:
        with Double(str(path)) as double:
            threading.Thread(target=double.serve_forever, args=(0.01,), daemon=True).start()
            yield f"cache+memcached://{path}"
            double.shutdown()
        return
    process = subprocess.Popen([binary, "-s", str(path), "-u", "nobody"])
    try:
        while not _listens(path):
            time.sleep(0.005)
        path.chmod(0o777)
        yield f"cache+memcached://{path}"
    finally:
        process.kill()
        process.wait(10)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return path.exists() and probe.connect_ex(str(path)) == 0


@pytest.fixture(params=[sql, django, memcached], ids=lambda kind: kind.__name__)
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of an empty backend."""
    with TemporaryDirectory(prefix="onbeat-") as folder:
        Path(folder).chmod(0o777)
        with request.param(Path(folder)) as found:
            yield found


@pytest.fixture
def backend(address: str) -> Iterator[ResultBackend]:
    made = backend_of(address)
    yield made
    made.close()
