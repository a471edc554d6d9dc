"""The results of a group, and how a workflow's results hang together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, Union

from queue_client import record as records
from queue_client.aside import aside
from queue_client.errors import ResultTimeout
from queue_client.freeze import Node
from queue_client.result import Result
from queue_client.result_habits import LOOK_SECONDS, check_habits
from queue_client.sender import at_hand

if TYPE_CHECKING:
    from queue_client.broker import Broker

AnyResult = Union[Result[Any], "GroupResult"]
SAVED: Final = "SAVED"
"""The status of what is kept under a group's id."""


class GroupResult:
    """What became of a group's tasks, in the group's order.

    `results` may hold further groups, where a part ends with one; `parent` is
    the result of what came before.
    """

    def __init__(
        self,
        group_id: str,
        results: Sequence[AnyResult],
        broker: Callable[[], Broker],
        parent: AnyResult | None = None,
    ) -> None:
        """Bring the results of a group's tasks together."""
        self.id = group_id
        self.results = list(results)
        self.parent = parent
        self._broker = broker

    @property
    def children(self) -> list[AnyResult]:
        """The same as `results`."""
        return self.results

    def leaves(self) -> list[Result[Any]]:
        """Return the results of all tasks, those of inner groups too."""
        return [leaf for each in self.results for leaf in ([each] if isinstance(each, Result) else each.leaves())]

    def refresh(self) -> None:
        """Look up all that have not ended yet, in one go."""
        open_ones = [each for each in self.leaves() if not each.is_final]
        if open_ones:
            for each, raw in zip(open_ones, self._broker().records([one.id for one in open_ones]), strict=True):
                each.learn(raw)

    def _statuses(self) -> list[str]:
        self.refresh()
        return [each.known.status for each in self.leaves()]

    def ready(self) -> bool:
        """Tell whether all have come to their end."""
        return all(status in records.READY for status in self._statuses())

    def successful(self) -> bool:
        """Tell whether all have returned."""
        return all(status == records.SUCCESS for status in self._statuses())

    def failed(self) -> bool:
        """Tell whether any has failed, or was revoked."""
        return any(status in (records.FAILURE, records.REVOKED) for status in self._statuses())

    def waiting(self) -> bool:
        """Tell whether any has not come to its end."""
        return not self.ready()

    def completed_count(self) -> int:
        """Return how many have returned."""
        return self._statuses().count(records.SUCCESS)

    def get(
        self,
        timeout: float | None = None,
        *,
        propagate: bool = True,
        callback: Callable[[str, Any], object] | None = None,
        **habits: object,
    ) -> list[Any]:
        """Wait for all and return their values, in order.

        Args:
            timeout: seconds for all together; None waits as long as it takes.
            propagate: raise the first error there is; else it is in the list.
            callback: called with the id and the value of each, in order.
            habits: `interval` and the like of Celery's, which change nothing.

        Raises:
            ResultTimeout: not all had ended in time.
            Exception: whatever a task raised, as `Result.get` does.
        """
        check_habits(habits)
        until = _until(timeout)
        while (last := self._last_open(propagate=propagate)) is not None:
            try:
                last.get(_left(until), propagate=False)
            except ResultTimeout:
                self._last_open(propagate=propagate)
                raise ResultTimeout(last.id, timeout or 0.0) from None
        for each in self.leaves() if callback else ():
            each.get(0, propagate=propagate, callback=callback)
        return self.values(propagate=propagate)

    def iterate(self, timeout: float | None = None, *, propagate: bool = True, **habits: object) -> Iterator[Any]:
        """Yield the value of each task when it has ended, the first to end first; looked up ten times a second.

        The arguments, and what is raised, are those of `get`.
        """
        check_habits(habits)
        until, left = _until(timeout), self.leaves()
        while left:
            self.refresh()
            ended = [each for each in left if each.is_final]
            left = [each for each in left if not each.is_final]
            for each in ended:
                yield each.get(0, propagate=propagate)
            if left and not ended:
                pause = _left(until)
                if pause == 0:
                    raise ResultTimeout(left[0].id, timeout or 0.0)
                sleep(LOOK_SECONDS if pause is None else min(LOOK_SECONDS, pause))

    def _last_open(self, *, propagate: bool) -> Result[Any] | None:
        """Look up all; return the last one that has not ended, or raise what one has raised."""
        self.refresh()
        leaves = self.leaves()
        if propagate:
            for each in leaves:
                if each.known.status in (records.FAILURE, records.REVOKED):
                    each.get(0)
        return next((each for each in reversed(leaves) if not each.is_final), None)

    def values(self, *, propagate: bool = True) -> list[Any]:
        """Return the values of those that have ended, in order; raise the first error if `propagate`."""
        return [
            each.get(0, propagate=propagate) if isinstance(each, Result) else each.values(propagate=propagate)
            for each in self.results
        ]

    join = join_native = get
    """The same by Celery's older names."""

    async def aget(self, timeout: float | None = None, *, propagate: bool = True) -> list[Any]:  # noqa: ASYNC109 as in get
        """Do as `get` does, for an asyncio program."""
        until = _until(timeout)
        while (last := await aside(self._last_open, propagate=propagate)) is not None:
            try:
                await last.aget(_left(until), propagate=False)
            except ResultTimeout:
                await aside(self._last_open, propagate=propagate)
                raise ResultTimeout(last.id, timeout or 0.0) from None
        return self.values(propagate=propagate)

    def __await__(self) -> Generator[Any, None, list[Any]]:
        """Wait for the values: `await result`."""
        return self.aget().__await__()

    def forget(self) -> None:
        """Delete the results in the server."""
        for each in self.leaves():
            each.forget()

    def save(self) -> None:
        """Keep in the server which tasks these are, for `restore`; as long as the client at hand keeps results."""
        record = records.encode(records.Record(SAVED, _ids(self)), "json")
        self._broker().note(self.id, record, at_hand().result_ttl_ms)

    @classmethod
    def restore(cls, group_id: str, app: Any = None) -> GroupResult | None:
        """Return a group's results that were saved under its id; None if there are none any more.

        `app` is the client to ask; else it is the one at hand.
        """
        client = app or at_hand()
        found = records.decode(client.broker.record(group_id))
        if found.status != SAVED:
            return None
        restored = _restored(found.result, client)
        assert isinstance(restored, cls)
        return restored

    def delete(self) -> None:
        """Forget that it was saved; the results stay."""
        self._broker().forget(self.id)

    def revoke(self, *, ttl: float = 86_400.0, terminate: bool = False) -> None:
        """Revoke every task of it; see `Result.revoke`."""
        for each in self.leaves():
            each.revoke(ttl=ttl, terminate=terminate)

    def __iter__(self) -> Iterator[AnyResult]:
        """Go through the results, in order."""
        return iter(self.results)

    def __len__(self) -> int:
        """Return how many parts there are."""
        return len(self.results)

    def __getitem__(self, index: int) -> AnyResult:
        """Return the result of one part."""
        return self.results[index]

    def __repr__(self) -> str:
        """Name the group id and the number of parts."""
        return f"<GroupResult {self.id}: {len(self.results)} parts>"


def result_of(
    node: Node, make: Callable[[str], Result[Any]], broker: Callable[[], Broker], parent: AnyResult | None = None
) -> AnyResult:
    """Return the result of a node: of its last task, or of its last group."""
    if "group" in node:
        parts = [result_of(part, make, broker, parent) for part in node["group"]]
        return GroupResult(node["id"], parts, broker, parent)
    if "chain" in node:
        for step in node["chain"]:
            parent = result_of(step, make, broker, parent)
        assert parent is not None
        return parent
    made = make(node["options"]["task_id"])
    made.parent = parent
    return made


def _ids(result: AnyResult) -> Any:
    """Return the id of a task, or those of a group and its parts."""
    return result.id if isinstance(result, Result) else [result.id, [_ids(each) for each in result.results]]


def _restored(ids: Any, client: Any) -> AnyResult:
    if isinstance(ids, str):
        result: Result[Any] = client.result(ids)
        return result
    group_id, parts = ids
    return GroupResult(group_id, [_restored(each, client) for each in parts], lambda: client.broker)


def _until(timeout: float | None) -> float | None:
    return None if timeout is None else monotonic() + timeout


def _left(until: float | None) -> float | None:
    return None if until is None else max(0.0, until - monotonic())
