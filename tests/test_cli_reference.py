"""The reference of the command line agrees with the commands."""

from __future__ import annotations

import re

import click
import pytest

from beat.cli.command import VERBS, beat
from tests.cli_reference import PAGE


def sections() -> dict[str, str]:
    """The page's sections by their verb."""
    return {
        part.split("\n", 1)[0].strip(): part
        for part in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    }


def test_each_verb_has_its_section() -> None:
    assert sorted(sections()) == sorted(VERBS), "write it anew: python -m tests.cli_reference"


@pytest.mark.parametrize("verb", VERBS)
def test_a_section_has_every_option_and_no_other(verb: str) -> None:
    command = beat.get_command(click.Context(beat), verb)
    assert command is not None
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    real = {
        option
        for each in (command, *inner)
        for parameter in each.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for option in parameter.opts + parameter.secondary_opts
    }
    lines = re.findall(r"^  (-.*?)(?:  |$)", sections()[verb], re.MULTILINE)
    shown = {option for line in lines for option in re.findall(r"(?<![\w-])--?[a-z][\w-]*", line, re.IGNORECASE)}

    assert shown - {"--help", "-h"} == real, "write it anew: python -m tests.cli_reference"


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_shows_an_example(verb: str) -> None:
    before_options = sections()[verb].partition("Options:")[0]

    assert re.search(rf"^    beat (--\w+ \S+ )?{verb}\b", before_options, re.MULTILINE)
