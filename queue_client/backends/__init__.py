"""Result backends: SQL databases, Django's database, Memcached.

    Client("redis://…", backend="db+postgresql://user@host/results")   # extra: sqlalchemy
    Client("redis://…", backend="django-db")                           # extra: django
    Client("redis://…", backend="cache+memcached://host:11211/")       # extra: memcached

Each is loaded when it is asked for. An object of one's own that keeps the
contract `ResultBackend` may be passed as well.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from warnings import warn

from queue_client.backends.backed import Backed
from queue_client.backends.contract import Kept, ResultBackend
from queue_client.errors import ConfigurationError, IgnoredSetting

if TYPE_CHECKING:
    from queue_client.broker import Broker

__all__ = ["Backed", "Kept", "ResultBackend", "backed", "backend_of"]

_HOMES: Final = {
    "db+": ("sqlalchemy", "queue_client.backends.sql", "SqlBackend"),
    "sqla+": ("sqlalchemy", "queue_client.backends.sql", "SqlBackend"),
    "django-db": ("django", "queue_client.backends.django_orm", "DjangoBackend"),
    "cache+memcached://": ("memcached", "queue_client.backends.memcached", "MemcachedBackend"),
    "memcached://": ("memcached", "queue_client.backends.memcached", "MemcachedBackend"),
}
_SERVER: Final = ("redis://", "rediss://", "redis+socket://", "unix://", "rpc")


def backed(broker: Broker, wanted: ResultBackend | str) -> Broker:
    """Return the broker, with its results kept in the backend too.

    An address of a server of the queue's own kind needs none: results are
    kept in the queue's server.

    Raises:
        ConfigurationError: there is no such backend, or its extra is not installed.
    """
    if isinstance(wanted, str) and wanted.startswith(_SERVER):
        url = getattr(broker, "url", "")
        if wanted.startswith("redis") and wanted.rstrip("/").partition("?")[0] not in url:
            warn(
                IgnoredSetting(f"the backend {wanted} has no effect: results are kept where the queue is"), stacklevel=2
            )
        return broker
    made: Any = Backed(broker, backend_of(wanted) if isinstance(wanted, str) else wanted)
    both: Broker = made
    return both


def backend_of(address: str) -> ResultBackend:
    """Return the backend at an address.

    Raises:
        ConfigurationError: there is no such backend, or its extra is not installed.
    """
    prefix = next((each for each in _HOMES if address.startswith(each)), None)
    if prefix is not None:
        made: ResultBackend = _kind(prefix)(address.removeprefix(prefix) if prefix.endswith("+") else address)
        return made
    known = "db+postgresql://…, db+sqlite:///results.db, django-db, cache+memcached://host:11211/"
    raise ConfigurationError(f"there is no result backend {address!r}; known are {known}")


def _kind(prefix: str) -> Any:
    extra, module, name = _HOMES[prefix]
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("queue_client"):
            raise
        reason = f"the backend {prefix} needs {error.name}: pip install 'onbeat[{extra}]'"
        raise ConfigurationError(reason) from None
