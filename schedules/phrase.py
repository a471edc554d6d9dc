"""A schedule in English, in the two parts that others need to put it together.

A union names a zone once for all its members and an exclusion goes before the
zone, so a description stays in parts until it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Protocol, runtime_checkable

from schedules.schedule import Schedule
from schedules.zones import zone_name


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is said of a schedule: when, and by which zone's clocks.

    `zone` is empty where the zone makes no difference. `joint` parts what is
    said: a comma, or a semicolon where the body has commas of equal rank.

    >>> print(Phrase("At 02:30 every day", "Europe/Riga time").but("from 1 May 2026 on"))
    At 02:30 every day, from 1 May 2026 on, Europe/Riga time
    """

    body: str
    zone: str = ""
    joint: str = ", "

    def __str__(self) -> str:
        """Return the whole sentence, without a full stop."""
        return f"{self.body}{self.joint}{self.zone}" if self.zone else self.body

    def but(self, limit: str) -> Phrase:
        """Return the phrase with one more limit before the zone."""
        return replace(self, body=f"{self.body}{self.joint}{limit}")


@runtime_checkable
class Phrased(Protocol):
    """A schedule that can say its description in parts."""

    def phrase(self) -> Phrase:
        """Return the description in parts."""


def phrase_of(schedule: Schedule) -> Phrase:
    """Return a schedule's description in parts, or as one where it has none."""
    return schedule.phrase() if isinstance(schedule, Phrased) else Phrase(schedule.describe())


def zone_phrase(zone: tzinfo) -> str:
    """Return how a zone is named after a time.

    >>> from datetime import UTC
    >>> zone_phrase(UTC)
    'UTC'
    """
    name = zone_text(zone)
    if name[:1] in {"+", "-"}:
        return f"UTC{name}"
    return name if name.startswith("UTC") else f"{name} time"


def zone_text(zone: tzinfo) -> str:
    """Return the zone as it is written in a table.

    >>> from datetime import UTC
    >>> zone_text(UTC)
    'UTC'
    """
    return zone_name(zone) or str(zone)
