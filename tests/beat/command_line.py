"""A command line that is run in the test's own process."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import CliRunner

from beat.cli.command import beat

Say = Callable[..., str]


def told(*words: str, code: int = 0) -> str:
    """Run a command line, check how it ends, and return what it prints."""
    result = CliRunner().invoke(beat, words)
    assert result.exit_code == code, result.output
    return result.output
