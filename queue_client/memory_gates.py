"""Gates in this process: what `flow.lua` does in a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from queue_client.gate import Conclusion, Failing, Gate, Part, Step
from queue_client.message import MAX_BYTES
from queue_client.outgoing import Outgoing


@dataclass
class MemoryGates:
    """The gates that wait for results, and what to do when they open or fail.

    For one thread at a time: its owner holds a lock.
    """

    send: Callable[[Outgoing], None]
    conclude: Callable[[str, bytes, int], None]
    waiting: dict[str, tuple[Gate, dict[int, bytes]]] = field(default_factory=dict)

    def do(self, steps: list[Step]) -> None:
        """Do what follows from a run, gates first."""
        for step in sorted(steps, key=lambda each: not isinstance(each, Gate)):
            match step:
                case Gate():
                    self.waiting[step.id] = (step, {})
                case Part(gate, number, value):
                    self._part(gate, number, value)
                case Failing(gate, record, ttl_ms, error):
                    self._fail(gate, record, ttl_ms, error)
                case Conclusion(task_id, record, ttl_ms):
                    self.conclude(task_id, record, ttl_ms)

    def _part(self, gate_id: str, number: int, value: bytes) -> None:
        gate, parts = self.waiting.get(gate_id, (None, {}))
        if gate is None:
            return
        parts[number] = value
        if len(parts) < gate.size:
            return
        first, between, last = gate.frame()
        found = first + between.join(parts[index] for index in range(gate.size)) + last
        if len(found) > MAX_BYTES - gate.overhead():
            self._fail(gate_id, gate.too_large[0], gate.keep_ms, gate.too_large[1])
            return
        del self.waiting[gate_id]
        for body in gate.bodies:
            self.send(body.filled(found))
        if gate.index >= 0:
            self._part(gate.outer, gate.index, found if gate.fixed is None else gate.fixed)

    def _fail(self, gate_id: str, record: bytes, ttl_ms: int, error: bytes) -> None:
        while gate_id in self.waiting:
            gate, _ = self.waiting.pop(gate_id)
            for inner in gate.inner:
                self.waiting.pop(inner, None)
            for task_id in gate.doomed:
                self.conclude(task_id, record, ttl_ms)
            for errback in gate.errbacks:
                self.send(errback.filled(error))
            gate_id = gate.outer
