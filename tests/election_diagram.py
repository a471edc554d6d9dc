"""Draws the election's states from their table: `python -m tests.election_diagram` writes it into the document."""

from __future__ import annotations

from pathlib import Path

from beat.election import TRANSITIONS, State

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "election.md"
FIRST, LAST = "```mermaid\n", "```\n"


def diagram() -> str:
    """Return the table as a mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.STANDBY.value}"]
    lines += [f"    {old.value} --> {new.value}: {what.value}" for (old, what), new in TRANSITIONS.items()]
    return "\n".join([*lines, f"    {State.LEFT.value} --> [*]", ""])


def drawn(text: str) -> str:
    """Return a document with the diagram of today in the place of its own."""
    before, _, rest = text.partition(FIRST)
    return before + FIRST + diagram() + LAST + rest.partition(LAST)[2]


if __name__ == "__main__":
    DOCUMENT.write_text(drawn(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
