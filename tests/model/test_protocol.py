"""The protocol keeps every promise in all interleavings, and none of its checks is idle."""

from __future__ import annotations

import pytest

from tests.model.protocol import Protocol, explore


def test_the_whole_protocol_breaks_no_promise() -> None:
    _, violations = explore(Protocol(), rollback=True, elections=2)

    assert violations == set()


@pytest.mark.slow
def test_the_whole_protocol_breaks_no_promise_in_three_elections() -> None:
    _, violations = explore(Protocol(), rollback=True, elections=3)

    assert violations == set()


@pytest.mark.parametrize(
    ("weakened", "rollback", "broken"),
    [
        pytest.param(Protocol(due=False), False, "duplicate", id="no compare of the due time"),
        pytest.param(Protocol(revision=False), False, "old definition", id="no compare of the revision"),
        pytest.param(Protocol(term=False, owner=False), False, "an older term acts after a newer one", id="no fence"),
        pytest.param(Protocol(owner=False, by_clock=False), True, "one term, two owners", id="term without owner"),
        pytest.param(Protocol(seq=False), True, "old definition", id="no look whether the store went back"),
        pytest.param(Protocol(by_clock=False), True, "old definition", id="numbers that only count up"),
        pytest.param(Protocol(atomic=False), False, "lost", id="advance first, then send"),
    ],
)
def test_without_a_check_a_promise_falls(weakened: Protocol, rollback: bool, broken: str) -> None:
    _, violations = explore(weakened, rollback=rollback, until=broken)

    assert broken in violations
