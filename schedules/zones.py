"""Names, zone objects and offsets -> one tzinfo, the zone of a schedule."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo


def zone_of(given: str | tzinfo | None) -> tzinfo:
    """Return the zone that a user meant. (First form; the strict one follows.)"""
    if given is None or given == "UTC":
        return UTC
    return ZoneInfo(given) if isinstance(given, str) else given
