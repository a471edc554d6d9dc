"""The picture of the election in the documentation is the one of its table."""

from __future__ import annotations

from tests.election_diagram import DOCUMENT, drawn


def test_the_picture_in_the_documentation_is_drawn_from_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert drawn(text) == text, "run: python -m tests.election_diagram"
