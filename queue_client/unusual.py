"""What may be among the arguments and results of tasks though no serializer knows it.

Views and ranges travel as lists. What can be gone through only once does not
travel at all: whoever wrote it would be left with nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, MappingView
from typing import Any, cast


def as_plain(value: Any) -> Any:
    """Return what to write instead of `value`.

    Raises:
        TypeError: it cannot be written.

    >>> as_plain(range(3)), as_plain({"a": 1}.keys())
    ([0, 1, 2], ['a'])
    """
    if isinstance(value, (range, deque, MappingView)):
        return list(cast("Iterable[Any]", value))
    kind = type(value).__qualname__
    if isinstance(value, Iterator):
        raise TypeError(f"a {kind} can be gone through only once; write list(...) around it")
    raise TypeError(f"Encoding objects of type {kind} is unsupported")
