"""The server's clock as reckoned from here."""

from __future__ import annotations

import pytest

from beat.clock import ServerClock

OFFSET_US = 1_795_000_000_000_000


def observe(server: ServerClock, sent_s: float, took_s: float, error_us: int = 0) -> int:
    """Show one answer that was made in the middle of its way, but for `error_us`."""
    middle_us = round((sent_s + took_s / 2) * 1e6) + OFFSET_US
    return server.observe(sent_s, sent_s + took_s, middle_us + error_us)


def test_the_fastest_answer_is_believed() -> None:
    server = ServerClock()
    observe(server, 1.0, 0.001)
    observe(server, 1.5, 0.100, error_us=40_000)

    assert server.now_us(2.0) == OFFSET_US + 2_000_000
    assert server.bound_s(2.0) == pytest.approx(0.0005, abs=0.0001)


def test_an_old_reckoning_gives_way() -> None:
    """Clocks part slowly: after an hour even a slow answer knows better."""
    server = ServerClock()
    observe(server, 1.0, 0.001)
    observe(server, 3_601.0, 0.100, error_us=40_000)

    assert server.now_us(3_602.0) == OFFSET_US + 3_602_040_000


def test_a_slow_answer_is_no_step() -> None:
    server = ServerClock()
    observe(server, 1.0, 0.001)

    assert observe(server, 2.0, 0.400, error_us=150_000) == 0


@pytest.mark.parametrize("seconds", [120, -3_600])
def test_a_step_is_told_and_followed(seconds: int) -> None:
    server = ServerClock()
    observe(server, 1.0, 0.001)

    assert observe(server, 2.0, 0.001, error_us=seconds * 1_000_000) == seconds * 1_000
    assert server.now_us(3.0) == OFFSET_US + (3 + seconds) * 1_000_000


def test_local_time_of_a_server_instant() -> None:
    server = ServerClock()
    observe(server, 1.0, 0.001)

    assert server.local_s(OFFSET_US // 1000 + 5_000) == pytest.approx(5.0)
