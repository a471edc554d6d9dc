"""A schedule simple enough to see through: every so many milliseconds, between two ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo

from schedules import Schedule


@dataclass(frozen=True)
class Grid(Schedule):
    """Every `step_ms` from `first_ms` to `last_ms`, both included."""

    step_ms: int = 1_000
    first_ms: int = 0
    last_ms: int = 10**15

    @property
    def zone(self) -> tzinfo:
        return UTC

    def next_ms(self, after_ms: int) -> int | None:
        moment = max((after_ms // self.step_ms + 1) * self.step_ms, self.first_ms)
        return moment if moment <= self.last_ms else None

    def previous_ms(self, before_ms: int) -> int | None:
        moment = min((before_ms - 1) // self.step_ms * self.step_ms, self.last_ms)
        return moment if moment >= self.first_ms else None

    def describe(self) -> str:
        return f"Every {self.step_ms} ms"

    def to_spec(self) -> dict[str, object]:
        return {"grid": self.step_ms}
