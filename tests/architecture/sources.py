"""The tree as the tests of this folder see it: files git tracks, functions, their size and depth.

How many branches a function has is the linter's to count (C901).
"""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("beat", "schedules", "queue_client")
_BLOCKS: Final = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


@dataclass(frozen=True)
class Function:
    """A function: where it is, its lines without its docstring, and its nesting."""

    place: str
    lines: int
    nesting: int


def tracked(*patterns: str) -> list[Path]:
    """Return the files that git tracks, or would if it were asked."""
    names = _told_by_git()
    wanted = (name for name in names if not patterns or any(fnmatch(name, pattern) for pattern in patterns))
    return [ROOT / name for name in wanted if (ROOT / name).is_file()]


@cache
def _told_by_git() -> list[str]:
    """Return all names; where there is no git, or no repository (an unpacked archive), by the rules of .gitignore."""
    try:
        asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        run = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True, timeout=30)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return sorted(unignored())
    return run.stdout.splitlines()


def unignored() -> Iterator[str]:
    """Yield the names of the files of which .gitignore does not speak."""
    rules = [".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split())]
    for folder, inside, names in os.walk(ROOT):
        inside[:] = [name for name in inside if not any(fnmatch(name, rule) for rule in rules)]
        kept = (name for name in names if not any(fnmatch(name, rule) for rule in rules))
        yield from (str((Path(folder) / name).relative_to(ROOT)) for name in kept)


def modules() -> list[Path]:
    """Return the modules of the three packages."""
    return tracked(*(f"{package}/*.py" for package in PACKAGES))


def functions(path: Path) -> Iterator[Function]:
    """Yield the functions and methods of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            yield Function(place, _length(node), _depth(node))


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def _depth(node: ast.AST) -> int:
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        chained = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        inside = _depth(child)
        deepest = max(deepest, inside + (isinstance(child, _BLOCKS) and not chained))
    return deepest
