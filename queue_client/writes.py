"""What follows from a run, as the arguments of `settle.lua`."""

from __future__ import annotations

from queue_client.broker import Letter, Outcome, Outgoing

Argument = bytes | str | int


def flatten(outcome: Outcome) -> list[Argument]:
    """Return the writes of an outcome, one after the other."""
    arguments: list[Argument] = []
    for outgoing in outcome.sends:
        arguments += _sending(outgoing)
    if outcome.letter is not None:
        arguments += _burial(outcome.letter)
    return arguments


def _sending(outgoing: Outgoing) -> list[Argument]:
    target: list[Argument] = [outgoing.stream, outgoing.serializer, outgoing.payload]
    if outgoing.delay_ms or outgoing.due_ms:
        return ["later", outgoing.delay_ms, outgoing.due_ms, *target]
    return ["send", *target]


def _burial(letter: Letter) -> list[Argument]:
    fields: list[Argument] = [
        "reason", letter.reason, "detail", letter.detail, "task", letter.task, "id", letter.task_id,
        "stream", letter.stream, "serializer", letter.serializer, "payload", letter.payload,
        "traceback", letter.traceback,
    ]  # fmt: skip
    return ["bury", len(fields), *fields]
