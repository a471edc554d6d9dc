"""The way to a target that is a Redis or Valkey server: one script call a queue and batch.

Beside each queue, in its slot, are two small keys for each outbox that feeds
it: the term of the leader that was there last, and the ids of the last fires.
On a cluster each queue has a link of its own, to the node that keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from beat.errors import StoreRefused, StoreUnreachable
from beat.redis_store.link import Link, Script
from beat.redis_store.slots import beside
from beat.relay.records import Delivery, by_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from beat.relay.records import Carrier, Record

DELIVER: Final = Script("deliver")
IDS_KEPT: Final = 10_000
"""Ids of fires that each queue's end remembers: about a megabyte at most."""
KEPT_MS: Final = 7 * 86_400_000
"""For how long after the last fire."""


class RedisCarrier:
    """Delivers to the server at `url`; see `Carrier`.

    Args:
        url: The target's server.
        origin: Returns the name of the outbox, which no other outbox has.
        timeout_s: Deadline of each answer.
    """

    def __init__(self, url: str, origin: Callable[[], str], timeout_s: float = 2.0) -> None:
        """Remember where to; connect at the first use."""
        self._url = url
        self._timeout_s = timeout_s
        self._ask_origin = origin
        self._origin = ""
        self._clustered: bool | None = None
        self._links: dict[str, Link] = {}

    def deliver(self, term: int, records: Sequence[Record], over: Mapping[str, int]) -> Delivery:
        """See `Carrier.deliver`."""
        self._origin = self._origin or self._ask_origin()
        queues = by_queue(records)
        links = {key: self._sent(term, key, fires, over.get(key, "")) for key, fires in queues.items()}
        arrived: list[str] = []
        refused: dict[str, str] = {}
        fenced: dict[str, int] = {}
        fresh = 0
        for key, fires in queues.items():
            status, there, new, detail = self._reply(links[key])
            arrived += [fire.place for fire in fires[:there]]
            fresh += new
            if status == "fenced":
                fenced[key] = int(detail)
            elif status == "failed":
                refused[key] = detail
        return Delivery(arrived, fresh, refused, fenced)

    def _sent(self, term: int, key: str, fires: Sequence[Record], over: int | str) -> Link | StoreUnreachable:
        """Send a queue its fires; return the link that the answer will come by, or why there will be none."""
        mark = beside(key, f"onbeat-relayed:{self._origin}")
        words = [word for fire in fires for word in (fire.run, fire.writes)]
        try:
            link = self._link(mark)
            link.send_script(DELIVER, (mark, f"{mark}:seen", key), (term, over, IDS_KEPT, KEPT_MS, *words))
        except StoreUnreachable as error:
            return self._only_one(error)
        return link

    def _reply(self, link: Link | StoreUnreachable) -> tuple[str, int, int, str]:
        """Return what deliver.lua said; what the server says instead concerns one queue only."""
        if isinstance(link, StoreUnreachable):
            return "failed", 0, 0, str(link)
        try:
            status, there, new, detail = link.receive()
        except StoreRefused as error:
            return "failed", 0, 0, error.reason
        except StoreUnreachable as error:
            return "failed", 0, 0, str(self._only_one(error))
        return status.decode(), there, new, detail.decode(errors="replace")

    def _only_one(self, error: StoreUnreachable) -> StoreUnreachable:
        """Return the loss of one node of a cluster; that of the only server there is concerns all queues."""
        if not self._clustered:
            raise error
        return error

    def hang_up(self) -> None:
        """See `Carrier.hang_up`."""
        for link in self._links.values():
            link.close()
        self._links.clear()
        self._clustered = None

    def _link(self, mark: str) -> Link:
        """Return the link to the server of a queue: one for all, but on a cluster."""
        if self._clustered is None:
            self._clustered = self._links.setdefault("", self._opened("")).clustered
        home = mark if self._clustered else ""
        return self._links.get(home) or self._links.setdefault(home, self._opened(home))

    def _opened(self, home: str) -> Link:
        return Link(self._url, self._timeout_s, "beat-relay", home)


def _keeps_the_contract(carrier: RedisCarrier) -> Carrier:
    return carrier
