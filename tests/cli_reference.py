"""The reference of the command line, made of the commands' own help: `python -m tests.cli_reference` writes it anew."""

from __future__ import annotations

from pathlib import Path

import click

from beat.cli.command import VERBS, beat

PAGE = Path(__file__).parents[1] / "docs/reference/cli.md"
WIDTH = 100
HEAD = """# The command line

Every command of `beat`, as `beat VERB --help` tells it. Those that tell something take `--json`, for programs.

| exit code | means |
| --- | --- |
| 0 | fine |
| 1 | it failed: the task, the edit, the server's refusal |
| 2 | wrong usage or settings |
| 3 | differences were found (`audit`, `diff`, `why`) |
| 69 | the server cannot be reached |

`beat --config FILE VERB …` reads other settings than `./beat.toml`. `next`, `explain`, `check`, `simulate`, `init`, and
`list` and `show` where no server runs, need no server. A name that is not declared is looked for at
the server, if there is one.

"""


def page() -> str:
    """Return the text of the page."""
    return HEAD + "\n".join(f"## {verb}\n\n```text no-run\n{help_of(verb)}\n```\n" for verb in VERBS)


def help_of(verb: str) -> str:
    """Return a verb's help, and that of the commands it has."""
    root = click.Context(beat, info_name="beat")
    command = beat.get_command(root, verb)
    assert command is not None
    context = click.Context(command, info_name=verb, parent=root, terminal_width=WIDTH, max_content_width=WIDTH)
    texts = [command.get_help(context)]
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            below = click.Context(inner, info_name=name, parent=context, terminal_width=WIDTH, max_content_width=WIDTH)
            texts.append(inner.get_help(below))
    return "\n\n".join(texts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
