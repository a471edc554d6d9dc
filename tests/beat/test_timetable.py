"""The timetable against the plainest one there is: a dict, searched."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beat.timetable import Timetable

NAMES = st.sampled_from("abcdef")
OPERATIONS = st.lists(
    st.tuples(st.just("put"), NAMES, st.integers(0, 9))
    | st.tuples(st.just("discard"), NAMES, st.just(0))
    | st.tuples(st.just("take"), st.just(""), st.integers(0, 9)),
    max_size=60,
)


@given(OPERATIONS)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no fault of the code
def test_it_is_a_dict_of_due_times(operations: list[tuple[str, str, int]]) -> None:
    timetable, plain = Timetable(), dict[str, int]()
    for operation, name, number in operations:
        match operation:
            case "put":
                timetable.put(name, number)
                plain[name] = number
            case "discard":
                timetable.discard(name)
                plain.pop(name, None)
            case _:
                due = sorted((due, name) for name, due in plain.items() if due <= number)
                assert sorted((due, name) for name, due in timetable.take(number, 100)) == due
                plain = {name: due for name, due in plain.items() if due > number}
        assert timetable.next_ms() == min(plain.values(), default=None)
        assert len(timetable) == len(plain)


def test_no_more_than_asked_for_is_taken_the_earliest_first() -> None:
    timetable = Timetable()
    for name, due_ms in (("c", 3), ("a", 1), ("b", 2)):
        timetable.put(name, due_ms)

    assert timetable.take(9, 2) == [("a", 1), ("b", 2)]
    assert timetable.take(9, 2) == [("c", 3)]


def test_entries_of_an_instant_are_taken_as_they_were_put_in() -> None:
    """The store has the least to do with the first of its index; so again after all were taken."""
    timetable = Timetable()
    for names in ("abcde", "fghij"):
        for name in names:
            timetable.put(name, 1)

        assert [timetable.take(1, 2) for _ in range(3)] == [
            [(name, 1) for name in names[first : first + 2]] for first in (0, 2, 4)
        ]
