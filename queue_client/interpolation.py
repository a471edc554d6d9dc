"""`${VAR}` and `${VAR:-default}` in the strings of a settings file.

They are replaced after the file is parsed, so that a value can never change
the file's structure: a password with a quote in it stays a password. A
variable that is not set and has no default is an error with its place. `$${`
stands for a plain `${`.

Pure: no I/O; the environment is handed in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from queue_client.toml_positions import Path

_REFERENCE: Final = re.compile(r"\$(\$\{)|\$\{([^}]*)\}")
_NAME: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


def interpolate(value: Any, env: Mapping[str, str], complain: Callable[[Path, str], None], path: Path = ()) -> Any:
    """Return `value` with each reference in its strings replaced from `env`.

    Tables and arrays are gone through and copied only where something
    changes. `complain` is told the path and the reason of each fault.

    >>> interpolate({"url": "redis://${HOST:-localhost}:${PORT}/0"}, {"PORT": "6380"}, print)
    {'url': 'redis://localhost:6380/0'}
    >>> _ = interpolate(["${HOST}"], {}, print)
    (0,) ${HOST} is not set; set it, or write ${HOST:-default}
    """
    if isinstance(value, str):
        return _replaced(value, env, lambda reason: complain(path, reason)) if "${" in value else value
    if isinstance(value, dict):
        return {key: interpolate(item, env, complain, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolate(item, env, complain, (*path, index)) for index, item in enumerate(value)]
    return value


def _replaced(text: str, env: Mapping[str, str], complain: Callable[[str], None]) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1]:
            return "${"
        reference = _NAME.fullmatch(found[2])
        if reference is None:
            complain(f"{found[0]} is not a variable; write ${{NAME}} or ${{NAME:-default}}, and $${{ for a plain ${{")
            return ""
        name, default = reference.groups()
        value = env.get(name) or default if default is not None else env.get(name)
        if value is None:
            complain(f"${{{name}}} is not set; set it, or write ${{{name}:-default}}")
            return ""
        return value

    return _REFERENCE.sub(one, text)
