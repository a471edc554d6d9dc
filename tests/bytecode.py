"""The tests' bytecode, written once before the test processes start; else each of them would make its own.

pytest rewrites the asserts of every test module when it collects it, and keeps
the outcome beside it; in a fresh clone, or where Python was told to write no
bytecode, the test processes would all do that at the same time. `./do test`
runs this first: `python -m tests.bytecode`.
"""

from __future__ import annotations

import compileall
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from _pytest.assertion import rewrite

FOLDER: Final = Path(__file__).parent
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


def main() -> None:
    """Prepare all modules of this folder, on all processors."""
    paths = sorted(FOLDER.rglob("*.py"), key=lambda path: -path.stat().st_size)
    with ProcessPoolExecutor(cpu_count()) as pool:
        list(pool.map(prepare, paths, chunksize=4))


if __name__ == "__main__":
    main()
