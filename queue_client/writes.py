"""What follows from a run, as the arguments of `settle.lua` and `open.lua`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from queue_client.broker import Letter, Outcome
from queue_client.gate import LIFETIME_MS, Conclusion, Failing, Gate, Part, Step, Template
from queue_client.message import MAX_BYTES
from queue_client.outgoing import Outgoing

Argument = bytes | str | int


def flatten(outcome: Outcome) -> list[Argument]:
    """Return the writes of an outcome, one after the other."""
    arguments: list[Argument] = []
    for outgoing in outcome.sends:
        arguments += _sending(outgoing)
    if outcome.steps:
        arguments += flatten_steps(outcome.steps)
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


def flatten_steps(steps: Sequence[Step]) -> list[Argument]:
    """Return the writes of `flow.lua` for these steps, gates first."""
    arguments: list[Argument] = []
    for step in sorted(steps, key=lambda each: not isinstance(each, Gate)):
        match step:
            case Gate():
                fields = list(gate_fields(step))
                arguments += ("gate", step.id, LIFETIME_MS, len(fields), *fields)
            case Part():
                arguments += ("part", *step)
            case Failing():
                arguments += ("fail", *step)
            case Conclusion():
                arguments += ("conclude", *step)
    return arguments


def gate_fields(gate: Gate) -> Iterator[Argument]:
    """Yield the fields of a gate's hash, each followed by its value."""
    first, between, last = gate.frame()
    yield from ("size", gate.size, "open", first, "sep", between, "close", last)
    yield from ("serializer", gate.serializer, "outer", gate.outer, "index", gate.index)
    yield from ("doomed", "\n".join(gate.doomed), "inner", "\n".join(gate.inner))
    yield from ("ttl", LIFETIME_MS, "keep", gate.keep_ms, "limit", MAX_BYTES - gate.overhead())
    yield from ("big_record", gate.too_large[0], "big_error", gate.too_large[1])
    if gate.fixed is not None:
        yield from ("fixed", gate.fixed)
    yield from _templates("body", gate.bodies)
    yield from _templates("err", gate.errbacks)


def _templates(kind: str, templates: Sequence[Template]) -> Iterator[Argument]:
    yield from (f"{kind}s", len(templates))
    for number, template in enumerate(templates, 1):
        name = f"{kind}{number}_"
        yield from (f"{name}stream", template.stream, f"{name}head", template.head)
        if template.tail is not None:
            yield from (f"{name}tail", template.tail)
        if template.delay_ms or template.due_ms:
            yield from (f"{name}delay", template.delay_ms, f"{name}due", template.due_ms)
