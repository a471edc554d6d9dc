"""Claims on a server: a batch of items as the flat words that claim.lua reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from beat.redis_store.link import Script
from beat.store import Receipt, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.keys import Keys
    from beat.redis_store.link import Link
    from beat.store import Form, Item, Lease, Write

CLAIM: Final = Script("claim")
SEND: Final = Script("send")
LEDGER_LINES: Final = 20_000
_encode = msgspec.json.Encoder().encode


class RedisClaims:
    """The claim part of `RedisStore`."""

    keys: Keys
    _claims: Link
    _link: Link

    def submit(self, lease: Lease, lease_ms: int, known_edits: int, items: Sequence[Item]) -> None:
        """See `Store.submit`."""
        keys = self.keys
        forms, shapes, tails = lay_out(items)
        form_keys = [form.key or keys.lease for form in forms]
        outcomes = _encode([item.outcome for item in items])
        args: list[Any] = [lease.owner, lease.term, lease.seq, known_edits, lease_ms, LEDGER_LINES, outcomes]
        args.append(len(forms))
        for form in forms:
            args += (1 + len(form.fixed), form.command, *form.fixed)
        args.append(len(items))
        args += [item.name for item in items]
        args += [item.due_ms for item in items]
        args += ["" if item.next_ms is None else item.next_ms for item in items]
        args += shapes
        args += tails
        self._claims.send_script(CLAIM, (keys.lease, keys.due, keys.entries, keys.ledger, *form_keys), args)

    def send(self, items: Sequence[Item]) -> list[Refusal]:
        """See `Store.send`."""
        forms: dict[Form, int] = {}
        tails: list[Any] = []
        for item in items:
            tails.append(len(item.writes))
            _lay_out_many(item.writes, forms, tails)
        args: list[Any] = [LEDGER_LINES, _encode([item.outcome for item in items]), len(forms)]
        for form in forms:
            args += (1 + len(form.fixed), form.command, *form.fixed)
        ledger = self.keys.ledger
        keys = (ledger, *(form.key or ledger for form in forms))
        _, *rest = self._link.call_script(SEND, keys, (*args, len(items), *tails))
        return [Refusal(rest[i], "failed", rest[i + 1].decode()) for i in range(0, len(rest), 2)]

    def collect(self) -> Receipt:
        """See `Store.collect`."""
        status, now_us, seq, edits, *rest = self._claims.receive()
        refusals = [
            Refusal(rest[i], rest[i + 1].decode(), rest[i + 2].decode(errors="replace")) for i in range(0, len(rest), 3)
        ]
        return Receipt(status.decode(), now_us, seq, edits, refusals)


def lay_out(items: Sequence[Item]) -> tuple[dict[Form, int], list[int], list[bytes | str]]:
    """Return the forms with their numbers from 1, the shape of each item, and all tails.

    A shape is the form of the item's only write if its tail is one word, 0
    without a write, else minus the number of writes.
    """
    forms: dict[Form, int] = {}
    shapes: list[int] = []
    tails: list[bytes | str] = []
    for item in items:
        writes = item.writes
        if len(writes) == 1 and len(writes[0][1]) == 1:
            form, tail = writes[0]
            shapes.append(forms.setdefault(form, len(forms) + 1))
            tails.append(tail[0])
        else:
            shapes.append(-len(writes))
            _lay_out_many(writes, forms, tails)
    return forms, shapes, tails


def _lay_out_many(writes: Sequence[Write], forms: dict[Form, int], tails: list[Any]) -> None:
    for form, tail in writes:
        tails += (forms.setdefault(form, len(forms) + 1), len(tail), *tail)
