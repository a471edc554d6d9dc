"""Of many lines in a second a few pass, and each other one is counted."""

from __future__ import annotations

import threading

from beat.thinning import Thinning


class Watch:
    """A clock that stands until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_second_has_room_for_as_many_again() -> None:
    watch, told = Watch(), list[int]()
    thinning = Thinning(told.append, shown=3, clock=watch)

    first = sum(thinning.passes() for _ in range(10))
    watch.now += 1.0
    second = sum(thinning.passes() for _ in range(10))
    thinning.end()

    assert (first, second, told) == (3, 3, [14])


def test_what_did_not_pass_is_told_without_a_further_line() -> None:
    told = threading.Event()
    watch = Watch()
    thinning = Thinning(lambda left: told.set() if left == 1 else None, shown=1, clock=watch)
    thinning.passes()
    watch.now += 0.99

    thinning.passes()

    assert told.wait(10)


def test_where_all_pass_nothing_is_told() -> None:
    told = list[int]()
    thinning = Thinning(told.append, shown=3)
    thinning.passes()

    assert thinning.end() == 0
    assert told == []
