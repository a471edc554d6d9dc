"""Run the benchmarks that are named, or all of them: `python -m benchmarks queue`.

Options, such as `--long`, are passed on to them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def known() -> list[str]:
    """Return the names of the benchmarks: the modules that have a main."""
    return sorted(path.stem for path in HERE.glob("*.py") if "def main()" in path.read_text() and "_" not in path.stem)


def main() -> int:
    """Run them one after the other, each in a process of its own."""
    options = [each for each in sys.argv[1:] if each.startswith("-")]
    names = [each for each in sys.argv[1:] if not each.startswith("-")] or known()
    unknown = [name for name in names if name not in known()]
    if unknown:
        print(f"no benchmark named {', '.join(unknown)}; there are {', '.join(known())}", file=sys.stderr)
        return 2
    return max((subprocess.call([sys.executable, "-m", f"benchmarks.{name}", *options]) for name in names), default=0)


if __name__ == "__main__":
    sys.exit(main())
