"""Bytecode, written once before the test processes start; else each of them would make its own.

pytest rewrites the asserts of every test module when it collects it, and keeps
the outcome beside it; and a package that was just installed is compiled when
it is first imported. In a fresh clone the test processes would all do that at
the same time. `./do test` runs this first: `python -m tests.bytecode`. Of what
is installed, that compiles a third: the rest is never imported.
"""

from __future__ import annotations

import compileall
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from itertools import chain
from os import cpu_count
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from _pytest.assertion import rewrite

ROOT: Final = Path(__file__).parents[1]
FOLDERS: Final = ("tests", "beat", "queue_client", "schedules")
LARGE: Final = (
    "sqlalchemy.dialects.sqlite", "redis.asyncio", "django.db.models", "hypothesis.strategies", "xdist.plugin",
    "celery.app.task", "kombu.transport.redis", "croniter", "dateutil.rrule", "yaml", "apscheduler.triggers.cron",
)  # fmt: skip
"""What of the installed packages is long to compile and much imported; one that is missing here costs time alone."""
_SETTINGS: Final = SimpleNamespace(getini=lambda _name: False, trace=None)  # no hook for asserts that pass


def is_rewritten(path: Path) -> bool:
    """Return whether pytest rewrites the asserts of this file."""
    return path.name.startswith("test_") or path.name == "conftest.py"


def cached(path: Path) -> Path:
    """Return where pytest looks for a module's bytecode."""
    return rewrite.get_cache_dir(path) / (path.stem + rewrite.PYC_TAIL)


def prepare(path: Path) -> None:
    """Write what pytest or Python would write when it imports this file, unless it is there already."""
    if not is_rewritten(path):
        compileall.compile_file(path, quiet=1)
        return
    target = cached(path)
    if rewrite._read_pyc(path, target) is None:
        stat, code = rewrite._rewrite_test(path, _SETTINGS)
        rewrite.try_makedirs(target.parent)
        rewrite._write_pyc(_SETTINGS, code, stat, target)


def load(name: str) -> None:
    """Import a library, for which Python compiles what it imports in turn."""
    import_module(name)


def main() -> None:
    """Prepare all modules, on all processors."""
    found = chain.from_iterable((ROOT / folder).rglob("*.py") for folder in FOLDERS)
    paths = sorted(found, key=lambda path: -path.stat().st_size)
    with ProcessPoolExecutor(cpu_count()) as pool:
        libraries = pool.map(load, LARGE)
        list(pool.map(prepare, paths, chunksize=8))
        list(libraries)


if __name__ == "__main__":
    main()
