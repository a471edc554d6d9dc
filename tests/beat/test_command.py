"""The help of the commands reads as it was written."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from beat.cli.command import VERBS, beat

HELPED = [[], *([verb] for verb in VERBS), *(["dead", verb] for verb in ("list", "retry", "drop"))]


@pytest.mark.parametrize("words", HELPED, ids=lambda words: " ".join(words) or "beat")
def test_help_shows_examples_line_by_line(words: list[str]) -> None:
    shown = CliRunner().invoke(beat, [*words, "--help"])

    assert shown.exit_code == 0
    assert "\\b" not in shown.output
    assert any(line.startswith("    beat ") for line in shown.output.splitlines())


def test_every_verb_can_speak_to_programs_or_needs_not() -> None:
    context = click.Context(beat)
    silent = {
        name
        for name in VERBS
        if (verb := beat.get_command(context, name))
        if not any("--json" in option.opts for option in verb.params)
    }

    assert silent == {"serve", "worker", "init"}
