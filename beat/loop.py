"""The loop: the only place of the beat that waits.

`Beat` drives one shard: it stands by, leads, fires, and stands down, all in
the calling thread. It ends only when it is told to stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from beat.clock import Clock
    from beat.events import Event
    from beat.store import Store
    from beat.targets import Target


class Beat:
    """One beat process's part in one shard.

    Args:
        store: The shard's store; the beat is its only user.
        clock: The monotonic clock and the sleep.
        targets: Target name -> target.
        lease_s: Length of the lease, seconds.
        who: What to call this process on `beat status` (host:pid).
        on_event: Called in the beat's thread with each event; must not block.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        targets: Mapping[str, Target],
        *,
        lease_s: float = 3.0,
        who: str = "",
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """Make a beat that does nothing yet."""
        raise NotImplementedError

    def run(self, stop: threading.Event) -> None:
        """Stand by, lead and fire until `stop` is set; then finish the batch, release the lease and return.

        Never raises for anything the store does. Call `wake` after setting
        `stop` to have it noticed at once (else within a second).
        """

    def wake(self) -> None:
        """End the present wait; for use from another thread or a signal handler."""

    @property
    def leading(self) -> bool:
        """Tell whether this beat holds the lease, as far as it knows."""
        raise NotImplementedError
