"""Records: what the store keeps of an entry, and what entries share of it."""

from __future__ import annotations

import pytest

from beat.entry import Entry, take_apart
from schedules import every


def entry(**fields: object) -> Entry:
    """Return an entry."""
    return Entry(name="a", schedule=every("10s"), task="t", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("args", [(), (1,), ('"args":[1],', "é")])
@pytest.mark.parametrize("kwargs", [{}, {"args": [1], "kwargs": {"a": 1}}])
def test_entries_that_differ_in_their_arguments_share_the_rest(args: tuple[object, ...], kwargs: object) -> None:
    fields = {"headers": {"args": [1]}, "options": {"kwargs": {}}, "queue": "web"}
    one, other = entry(args=args, kwargs=kwargs, **fields), entry(**fields)

    found, plain = take_apart(one.to_record()), take_apart(other.to_record())

    assert found is not None
    assert plain is not None
    assert found[0] == plain[0]
    assert found[1:] == one.arguments()
    assert Entry.from_record("a", "api", one.to_record()) == one


def test_entries_that_differ_in_anything_else_share_nothing() -> None:
    one, other = entry(args=(1,), queue="web"), entry(args=(1,), queue="mail")

    assert take_apart(one.to_record())[0] != take_apart(other.to_record())[0]  # type: ignore[index]


@pytest.mark.parametrize(
    "record", [b'{"schedule":{"every":"1s"},"task":"t","args":[1]}', b'{ "args":[1],"task":"t"}', b"{", b"[1]"]
)
def test_a_record_that_does_not_begin_with_its_arguments_stays_whole(record: bytes) -> None:
    assert take_apart(record) is None
