"""What a client needs of the settings: where the server is, and the queues.

The address is the one that was handed in, else BEAT_URL, else `url` of
`[beat]` in beat.toml, else that of the embedded server that runs in `.beat/`
beside beat.toml (or in the current folder where there is no file). Everything
else of the file is the beat's own business and is read by `beat.config`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from queue_client.address import Address
from queue_client.errors import ConfigurationError, NoServerError
from queue_client.keys import DEFAULT_NAMESPACE
from queue_client.settings_file import SettingsFile, find_file, read_file

EMBEDDED_FOLDER: Final = ".beat"
ADDRESS_FILE: Final = "address"
"""In the embedded server's folder: its address, as long as it runs; empty while it starts."""
LOCK_FILE: Final = "lock"
"""Beside it, held by the process that owns the server; has that process's id."""
START_PATIENCE_S: Final = 10.0
"""How long a server that is just being started is waited for."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the server is, and how messages are named and routed there.

    `queues` has each configured queue's topic pattern, or None; `serializer`
    and `result_backend` are None where the file does not say.
    """

    url: str
    namespace: str = DEFAULT_NAMESPACE
    queues: Mapping[str, str | None] = field(default_factory=dict)
    serializer: str | None = None
    result_backend: str | None = None

    @classmethod
    def load(
        cls,
        url: str | None = None,
        namespace: str | None = None,
        config: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Settings:
        """Return the settings in force; `url` and `namespace` count before everything else.

        Raises:
            ConfigurationError: There is no address, nor a server in `.beat/`,
                or the file cannot be read.
        """
        env = os.environ if env is None else env
        try:
            file = read_file(find_file(config, env), env)
        except ValueError as error:
            raise ConfigurationError(str(error)) from None
        address = url or address_of(file, env) or embedded_address(file.folder)
        if address is None:
            raise NoServerError(no_server(file))
        table = _table(file.tables, "beat")
        named = namespace or env.get("BEAT_NAMESPACE") or _text(table, "namespace") or DEFAULT_NAMESPACE
        return cls(address, named, queues_of(file), _text(table, "serializer"), _text(table, "result_backend"))


def address_of(file: SettingsFile, env: Mapping[str, str]) -> str | None:
    """Return the address that the environment or the file names; None means an embedded server."""
    return env.get("BEAT_URL") or _text(_table(file.tables, "beat"), "url")


def embedded_address(folder: Path) -> str | None:
    """Return the address of the embedded server that runs for `folder`; None if none does.

    One that is just being started is waited for, up to ten seconds. One that
    was killed has left its address behind, but not its socket.
    """
    home = folder / EMBEDDED_FOLDER
    deadline = time.monotonic() + START_PATIENCE_S
    while (address := _text_of(home / ADDRESS_FILE)) == "" and _is_owned(home) and time.monotonic() < deadline:
        time.sleep(0.02)
    return address if address and Path(Address.parse(address).path).exists() else None


def _text_of(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _is_owned(home: Path) -> bool:
    """Tell whether the process that said it owns the server is alive."""
    try:
        os.kill(int(_text_of(home / LOCK_FILE) or ""), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def queues_of(file: SettingsFile) -> dict[str, str | None]:
    """Return the configured queues, each with its topic pattern or None."""
    queues = _table(file.tables, "queues")
    return {name: _text(table, "routing_key") for name, table in queues.items() if isinstance(table, dict)}


def no_server(file: SettingsFile) -> str:
    """Return what to say where no server is known."""
    where = file.label or "beat.toml"
    return (
        f"no server: none is named and none runs in {EMBEDDED_FOLDER}/ here; start one with `beat serve`, "
        f'or write url = "redis://127.0.0.1:6379/0" under [beat] in {where}, or set BEAT_URL'
    )


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = tables.get(name)
    return found if isinstance(found, dict) else {}


def _text(table: Mapping[str, Any], key: str) -> str | None:
    found = table.get(key)
    return found if isinstance(found, str) and found else None
