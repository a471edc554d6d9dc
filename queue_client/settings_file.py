"""The settings file: which one counts, what is in it, and where.

The first that exists of: the path that was named (`--config`), BEAT_CONFIG,
`./beat.toml`, `[tool.beat]` in `./pyproject.toml`,
`$XDG_CONFIG_HOME/beat/beat.toml`, `/etc/beat/beat.toml`.

In `pyproject.toml` the keys of `[beat]` stand in `[tool.beat]` itself and the
other tables below it, as in `[tool.beat.schedules.nightly]`.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tomli

from queue_client.interpolation import interpolate
from queue_client.problems import Problem, SettingsError
from queue_client.toml_positions import place, positions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queue_client.toml_positions import Path as KeyPath
    from queue_client.toml_positions import Span

TABLES: Final = frozenset({"calendars", "queues", "schedules", "targets", "worker"})
_PLAINER: Final = {
    "Illegal character '\\n'": "the line ends inside a string: a quote is missing",
    "Cannot overwrite a value": "this key is given twice",
}


@dataclass(frozen=True)
class SettingsFile:
    """A settings file as it was read: its tables after interpolation, and its text to point into.

    `tables` has the file's tables by name, `beat` among them; `path` is None
    where there is no file at all, and then everything has its default.
    """

    path: Path | None
    text: str = ""
    tables: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the file, else the current one: `.beat/` lies in it."""
        return self.path.parent if self.path else Path.cwd()

    @property
    def label(self) -> str:
        """The file as messages name it: relative to the current folder where it is in it."""
        if self.path is None:
            return ""
        try:
            return str(self.path.relative_to(Path.cwd()))
        except ValueError:
            return str(self.path)

    @cached_property
    def _spans(self) -> dict[KeyPath, Span]:
        return positions(self.text)

    def problem(self, path: KeyPath, reason: str, *, at_key: bool = False, offset: int | None = None) -> Problem:
        """Return the problem of the value (or the key) at `path`.

        `offset` is an offset into a string value, where the fault is inside it.
        A path that is not in the file is blamed on the nearest table that is.
        """
        key = ".".join(map(_plain, path))
        shown = self._prefixed(path)
        span = self._spans.get(shown)
        while span is None and shown:
            shown, at_key = shown[:-1], True
            span = self._spans.get(shown)
        if span is None:
            return Problem(key, reason, self.label)
        start, width = (span.key, 1) if at_key else self._pointed(span, offset)
        line, column = place(self.text, start)
        excerpt = self.text.splitlines()[line - 1]
        if at_key:
            width = len(re.match(r"[^\s=\].]*", excerpt[column - 1 :])[0])  # type: ignore[index]
        return Problem(key, reason, self.label, line, column, excerpt, width)

    def _pointed(self, span: Span, offset: int | None) -> tuple[int, int]:
        """Return where to point inside a value, and how widely."""
        raw = self.text[span.value : span.end]
        if offset is None or raw[:1] not in {'"', "'"} or "\\" in raw or raw[:3] in {'"""', "'''"}:
            return span.value, len(raw.split("\n", 1)[0])
        word = re.match(r"[^\s,/]+", raw[1 + offset : -1])
        return span.value + 1 + min(offset, len(raw) - 1), len(word[0]) if word else 1

    def _prefixed(self, path: KeyPath) -> KeyPath:
        if self.path is None or self.path.name != "pyproject.toml":
            return path
        return ("tool", "beat", *(path[1:] if path[:1] == ("beat",) else path))


def find_file(named: str | os.PathLike[str] | None, env: Mapping[str, str]) -> Path | None:
    """Return the settings file that counts, or None where there is none.

    Raises:
        SettingsError: A file was named, by `named` or BEAT_CONFIG, and is not there.
    """
    wanted = named or env.get("BEAT_CONFIG")
    if wanted:
        path = Path(wanted).expanduser().absolute()
        if path.is_dir():
            path /= "beat.toml"
        if not path.exists():
            raise SettingsError([Problem("", "no such file", str(wanted))])
        return path
    here = Path.cwd()
    home = Path(env.get("XDG_CONFIG_HOME") or Path(env.get("HOME", "/nonexistent")) / ".config")
    if (here / "beat.toml").exists():
        return here / "beat.toml"
    if (here / "pyproject.toml").exists() and _has_section(here / "pyproject.toml"):
        return here / "pyproject.toml"
    system = (home / "beat" / "beat.toml", Path("/etc/beat/beat.toml"))
    return next((path for path in system if path.exists()), None)


def read_file(path: Path | None, env: Mapping[str, str]) -> SettingsFile:
    """Return the file at `path`, parsed and interpolated; its `problems` are those of interpolation.

    Raises:
        SettingsError: The file cannot be read or is not TOML.
    """
    if path is None:
        return SettingsFile(None)
    bare = SettingsFile(path)
    try:
        text = path.read_bytes().decode().removeprefix("\ufeff")
    except OSError as error:
        reason = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise SettingsError([Problem("", reason, bare.label)]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([Problem("", f"is not UTF-8: {error.reason} at byte {error.start}", bare.label)]) from None
    try:
        tables = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise SettingsError([_not_toml(bare.label, text, error)]) from None
    if path.name == "pyproject.toml":
        tables = _unfolded(tables.get("tool", {}).get("beat", {}))
    faults: list[tuple[KeyPath, str]] = []
    if "${" in text:
        tables = interpolate(tables, env, lambda at, reason: faults.append((at, reason)))
    read = SettingsFile(path, text, tables)
    return SettingsFile(path, text, tables, tuple(read.problem(at, reason) for at, reason in faults))


def _has_section(path: Path) -> bool:
    try:
        return "[tool.beat" in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _unfolded(section: Mapping[str, Any]) -> dict[str, Any]:
    """Turn `[tool.beat]` into the tables of a beat.toml."""
    tables = {key: value for key, value in section.items() if key in TABLES}
    return {**tables, "beat": {key: value for key, value in section.items() if key not in TABLES}}


def _not_toml(label: str, text: str, error: tomli.TOMLDecodeError) -> Problem:
    lines = text.splitlines() or [""]
    line = min(error.lineno, len(lines))
    reason = _PLAINER.get(error.msg, f"{error.msg[:1].lower()}{error.msg[1:]}")
    return Problem("", f"is not TOML: {reason}", label, line, error.colno, lines[line - 1])


def _plain(part: str | int) -> str:
    """Return one part of a key, in quotes where TOML needs them."""
    text = str(part)
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else json.dumps(text, ensure_ascii=False)
