"""Loggers that know which task they speak of.

>>> log = get_task_logger("shop.tasks")
>>> log.name
'shop.tasks'

Their records have `task_name` and `task_id`, for formats of one's own. A
worker that is started as a command shows them from INFO on (`beat worker -l`).
"""

from __future__ import annotations

import logging
from typing import Final

from queue_client.request import current

FORMAT: Final = "%(asctime)s %(levelname)s %(task)s%(message)s"
_loggers: dict[str, logging.Logger] = {}
_level: list[int] = []


def get_task_logger(name: str) -> logging.Logger:
    """Return the logger of that name, whose records tell the task that is running."""
    logger = logging.getLogger(name)
    if name not in _loggers:
        logger.addFilter(_mark)
        _loggers[name] = logger
        if _level and logger.level == logging.NOTSET:
            logger.setLevel(_level[-1])
    return logger


def show(level: str | int = logging.INFO) -> None:
    """Write what task loggers say from `level` on, and what others say from WARNING on, to stderr.

    If the program has set up logging itself, only the level of task loggers is set.
    """
    found = logging.getLevelName(level.upper()) if isinstance(level, str) else level
    _level.append(found)
    for logger in _loggers.values():
        if logger.level == logging.NOTSET:
            logger.setLevel(found)
    root = logging.getLogger()
    if not root.handlers:
        writer = logging.StreamHandler()
        writer.addFilter(_mark)
        writer.setFormatter(logging.Formatter(FORMAT))
        root.addHandler(writer)


def _mark(record: logging.LogRecord) -> bool:
    """Put on a record which task it is about; keep it in any case."""
    request = current.get()
    if not hasattr(record, "task_id"):
        record.task_name, record.task_id = request.task or None, request.id
        record.task = f"{request.task}[{request.id}] " if request.id else ""
    return True
