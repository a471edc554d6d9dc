"""What to type instead of Celery's commands and options; told where somebody types those."""

from __future__ import annotations

from typing import Final

_LEAVE: Final = "leave it out, there is no such thing here"
_POOL: Final = "leave it out: -c is for threads and async def tasks, --processes for processes"
_LIMIT: Final = "write it at the task, or as task_time_limit in its settings"

OPTIONS: Final = {
    "-A": 'write beat worker -A MODULE, and include = ["MODULE"] in beat.toml for all other commands',
    "-b": "write url under [beat] in beat.toml, or set BEAT_URL",
    "-B": "write beat serve --worker",
    "-n": "leave it out: a worker names itself",
    "-P": _POOL,
    "-E": _LEAVE,
    "-O": _LEAVE,
    "-D": "leave that to systemd, a container, or &",
    "-f": "write 2>> FILE",
    "-s": "leave it out: schedules are kept in the server",
    "-S": "leave it out: schedules are kept in the server",
    "--autoscale": _POOL,
    "--time-limit": _LIMIT,
    "--soft-time-limit": _LIMIT,
    "--max-tasks-per-child": "write --max-tasks",
    "--max-memory-per-child": "write --max-memory",
    "--without-gossip": _LEAVE,
    "--without-mingle": _LEAVE,
    "--without-heartbeat": _LEAVE,
    "--prefetch-multiplier": _LEAVE,
    "--pidfile": "leave that to systemd or a container",
}
_LONG: Final = {
    "--app": "-A", "--broker": "-b", "--beat": "-B", "--hostname": "-n", "--pool": "-P", "--task-events": "-E",
    "--optimization": "-O", "--detach": "-D", "--logfile": "-f", "--schedule": "-s", "--scheduler": "-S",
}  # fmt: skip
COMMANDS: Final = {
    "beat": "beat serve",
    "inspect": "beat queues",
    "events": "beat queues",
    "report": "beat status",
    "control": "beat revoke ID",
    "multi": "beat worker, once for each",
    "purge": "app.control.purge() in Python; beat dead drop for what failed",
}


def instead_of(option: str) -> str:
    """Return what to write instead of an option of Celery's; '' if it has none of that name.

    >>> instead_of("--beat")
    'write beat serve --worker'
    """
    return OPTIONS.get(_LONG.get(option, option), "")
