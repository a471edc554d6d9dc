"""Which arguments a function takes: a wrong call is told where it is made, not by the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature, signature
from typing import Any, Final

_ANY: Final = 1 << 30


class Shape:
    """The parameters of a function.

    >>> Shape(lambda x, y=2: None).check((1,), {})
    >>> Shape(lambda x, y=2: None).check((1, 2, 3), {})
    Traceback (most recent call last):
      ...
    TypeError: <lambda>() too many positional arguments
    """

    __slots__ = ("_bind", "_fewest", "_most", "_of")

    def __init__(self, function: Callable[..., Any]) -> None:
        """Describe `function`; it is looked at with the first call."""
        self._of = function
        self._fewest, self._most = _ANY, -1
        self._bind: Signature | None = None

    def check(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Refuse arguments that the function does not take.

        Raises:
            TypeError: as the call itself would.
        """
        if kwargs or not self._fewest <= len(args) <= self._most:
            self._look(args, kwargs)

    def _look(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        if self._bind is None:
            try:
                self._bind = signature(self._of)
            except ValueError:  # a builtin that tells nothing about itself
                self._fewest, self._most = 0, _ANY
                return
            self._fewest, self._most = _bounds(self._bind)
        try:
            self._bind.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{getattr(self._of, '__name__', self._of)}() {error}") from None


def _bounds(shape: Signature) -> tuple[int, int]:
    """Return how few and how many arguments by position are always right."""
    kinds = [each for each in shape.parameters.values() if each.kind is not Parameter.VAR_KEYWORD]
    if any(each.kind is Parameter.KEYWORD_ONLY and each.default is Parameter.empty for each in kinds):
        return _ANY, -1
    if any(each.kind is Parameter.VAR_POSITIONAL for each in kinds):
        most = _ANY
    else:
        most = sum(each.kind is not Parameter.KEYWORD_ONLY for each in kinds)
    places = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in places and each.default is Parameter.empty for each in kinds), most
