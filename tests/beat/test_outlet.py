"""The log never makes the beat wait: not for a pipe that nobody reads, nor for one that is closed."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TextIO

import pytest

from beat.outlet import Outlet


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """Return the reading end and the writing end of a pipe."""
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    yield reading, stream
    stream.close()
    os.close(reading)


def test_a_pipe_that_nobody_reads_leaves_lines_out_and_says_so_later(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    outlet = Outlet(stream)
    for _ in range(2_000):
        outlet.write("x" * 99)
    left_out = outlet.left_out

    os.read(reading, 1 << 20)
    outlet.write("on we go")

    assert left_out > 0
    assert os.read(reading, 1 << 20).decode() == f"left out {left_out} lines that nobody read in time\non we go\n"


def test_a_pipe_whose_reader_has_gone_is_no_reason_to_stop(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    outlet = Outlet(stream)
    other = os.dup(reading)
    os.close(reading)
    os.close(other)

    outlet.write("to nobody")

    assert outlet.left_out == 1
    assert os.open(os.devnull, os.O_RDONLY) == reading  # so that the fixture closes something of ours


def test_what_is_no_file_at_all_takes_every_line() -> None:
    stream = io.StringIO()

    Outlet(stream).write("fired")

    assert stream.getvalue() == "fired\n"
