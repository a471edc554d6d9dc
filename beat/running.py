"""The running marks as a leader meets them: reads them for refused fires and remembers the verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from beat.overlap import Verdict, forced, judge, left_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beat.store import Item, Store, Write
    from beat.targets import Target

ASK_AGAIN_MS: Final = 250
"""How long a waiting entry waits before it is tried again."""


class Running:
    """What is to be done with entries whose fire was refused as busy.

    Args:
        store: Where the marks are.
        targets: Target name -> target; each knows how its runs end.
    """

    def __init__(self, store: Store, targets: Mapping[str, Target]) -> None:
        self._store = store
        self._targets = targets
        self._skip: set[str] = set()
        self._force: dict[str, tuple[Write, ...]] = {}

    @property
    def verdicts(self) -> int:
        """How many entries have a verdict waiting."""
        return len(self._skip) + len(self._force)

    def forget(self) -> None:
        """Forget all verdicts."""
        self._skip.clear()
        self._force.clear()

    def refused(self, item: Item, now_ms: int) -> int:
        """Take in a fire that was refused as busy; return when to try the entry again, Unix ms."""
        assert item.guard is not None  # only guarded fires are busy
        policy, run, key, target_name = item.guard
        target = self._targets[target_name]
        marked = self._store.value(key)
        result = None
        if marked is not None and (result_key := target.result_key(marked)) is not None:
            result = self._store.value(result_key)
        verdict = judge(policy, run, marked, result)
        if verdict is Verdict.WAIT:
            return now_ms + ASK_AGAIN_MS
        if verdict is Verdict.SKIP:
            self._skip.add(item.name)
        elif verdict is Verdict.CANCEL and marked is not None:
            self._force[item.name] = tuple(target.cancel(marked, now_ms))
        else:
            self._force[item.name] = ()
        return now_ms

    def apply(self, name: str, items: list[Item]) -> list[Item]:
        """Return an entry's items as the verdict on it wants them; the verdict is used up."""
        if name in self._skip:
            self._skip.discard(name)
            return [left_out(item) if item.guard else item for item in items]
        before = self._force.pop(name, None)
        if before is None:
            return items
        return [forced(item, before) if item.guard else item for item in items]
