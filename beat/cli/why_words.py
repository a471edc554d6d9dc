"""What became of a nominal time, in words for people and as facts for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from beat.cli.table import when_ms
from beat.orphans import REMEDY

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from beat.why import Why

_RELAY: Final = {
    "waiting": "in the outbox: the target's server has not taken it yet, see `beat status`",
    "relayed": "from the outbox to its queue on the target's server",
}
_NO_WORD: Final = "no word of its end: it waits, or runs, or its result is not kept"


def lines_of(found: Why, zone: tzinfo | None) -> list[tuple[str, str]]:
    """Return what is to be told, as words with their texts."""
    shown: list[tuple[str, str]] = [(found.verdict, found.text)]
    if found.outcome is not None and found.verdict == "skipped":
        shown[0] = ("skipped", f"{found.outcome.text}: {found.text}")
        shown.append(("settled", f"{when_ms(found.outcome.at_ms, zone)}, under term {found.outcome.term}"))
    elif found.outcome is not None:
        shown[0] = ("fired", f"{when_ms(found.outcome.at_ms, zone)}, {found.text}")
        if found.outcome.due_ms != found.outcome.first_ms:
            shown.append(("due", f"{when_ms(found.outcome.due_ms, zone)}, later by its jitter"))
    if found.run is not None:
        if found.run.relay:
            gone = found.run.orphaned and f"in an outbox that nobody empties: {REMEDY.format(found.run.orphaned)}"
            shown.append((found.run.relay, gone or _RELAY[found.run.relay]))
        shown.append(("task", f"{found.run.id} {found.run.status or _NO_WORD}"))
        if found.run.error:
            shown.append(("error", found.run.error))
    shown += [(each.kind, f"{each.text}, sent {when_ms(each.at_ms, zone)}") for each in found.by_hand]
    if found.verdict == "no fire time":
        names = ("before", "after")
        near = zip(names, found.nearest_ms, strict=True)
        shown += [(word, when_ms(ms, zone)) for word, ms in near if ms is not None]
    return shown


def facts_of(found: Why, at: datetime) -> dict[str, Any]:
    """Return an answer for `--json`."""
    outcome, run = found.outcome, found.run
    facts: dict[str, Any] = {"name": found.entry, "at": at.isoformat(), "ms": found.ms, "verdict": found.verdict}
    facts["text"] = found.text
    if outcome is not None:
        facts |= {"settled_ms": outcome.at_ms, "term": outcome.term, "due_ms": outcome.due_ms}
        facts |= {"late_ms": outcome.late_ms} if outcome.kind == "fired" else {"reason": outcome.text}
    if found.found is not None:
        facts["target"] = found.found.entry.target
    if run is not None:
        facts |= {"id": run.id, "status": run.status or None, "error": run.error or None}
        facts |= {"relay": run.relay} if run.relay else {}
        facts |= {"orphaned": run.orphaned} if run.orphaned else {}
    if found.by_hand:
        facts["by_hand"] = [{"kind": each.kind, "id": each.text, "at_ms": each.at_ms} for each in found.by_hand]
    if found.verdict == "no fire time":
        facts |= dict(zip(("before_ms", "after_ms"), found.nearest_ms, strict=True))
    return facts
