"""Claims on a server: a batch of items as the one packed word that claim.lua reads.

What many items have in common (due time, next due time, form) is written once
as a kind; an item is its name, the number of its kind, and what varies. One
MessagePack word costs either side a fifth of what as many words would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from beat.redis_store.link import Script
from beat.store import Packed, Receipt, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.keys import Keys
    from beat.redis_store.link import Link
    from beat.store import Form, Item, Lease, Write

CLAIM: Final = Script("claim")
SEND: Final = Script("send")
LEDGER_LINES: Final = 200_000
LEDGER_OUTCOMES: Final = 500_000
"""About so many outcomes are kept, about 40 bytes each: many lines where lines are short, few where they are long."""
FEWEST_LINES: Final = 2_000
_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode


class RedisClaims:
    """The claim part of `RedisStore`."""

    keys: Keys
    _claims: Link
    _link: Link
    _outcomes_a_line = 1.0
    """Of the last few hundred claims."""

    def pack(self, items: Sequence[Item]) -> Packed:
        """See `Store.pack`."""
        forms, batch = lay_out(items)
        keys = [form.key or self.keys.lease for form in forms]
        return Packed(items, (keys, _encode([item.outcome for item in items]), _pack(batch)))

    def submit(self, lease: Lease, lease_ms: int, known_edits: int, packed: Packed) -> None:
        """See `Store.submit`."""
        keys = self.keys
        form_keys, outcomes, batch = packed.parts
        args = (lease.owner, lease.term, lease.seq, known_edits, lease_ms, self._lines(packed), outcomes, batch)
        self._claims.send_script(CLAIM, (keys.lease, keys.due, keys.entries, keys.ledger, *form_keys), args)

    def _lines(self, packed: Packed) -> int:
        """Return how many ledger lines to keep."""
        self._outcomes_a_line += (len(packed.items) - self._outcomes_a_line) / 256
        return max(FEWEST_LINES, min(LEDGER_LINES, int(LEDGER_OUTCOMES / max(1.0, self._outcomes_a_line))))

    def send(self, items: Sequence[Item]) -> list[Refusal]:
        """See `Store.send`."""
        forms: dict[Form, int] = {}
        tails: list[Any] = []
        for item in items:
            tails.append(len(item.writes))
            for form, tail in item.writes:
                tails += (forms.setdefault(form, len(forms) + 1), len(tail), *tail)
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


def lay_out(items: Sequence[Item]) -> tuple[dict[Form, int], list[Any]]:
    """Return the forms with their numbers from 1, and the batch as claim.lua reads it.

    The batch is [forms, kinds, names, kind of each item, tails]; a kind is
    [due, next due, shape]. A shape is the form of the item's only write if its
    tail is one word, 0 without a write, else minus the number of writes.
    """
    forms: dict[Form, int] = {}
    kinds: dict[tuple[int, int | None, int], int] = {}
    laid: list[tuple[str, str, int]] = []
    which: list[int] = []
    tails: list[Any] = []
    for _, due_ms, next_ms, writes, _, _ in items:
        simple = len(writes) == 1 and len(writes[0][1]) == 1
        alike = (due_ms, next_ms, id(writes[0][0]) if simple else -len(writes))
        kind = kinds.get(alike)
        if kind is None:
            shape = forms.setdefault(writes[0][0], len(forms) + 1) if simple else -len(writes)
            laid.append((str(due_ms), "" if next_ms is None else str(next_ms), shape))
            kind = kinds[alike] = len(laid)
        which.append(kind)
        if simple:
            tail = writes[0][1][0]
            tails.append(tail if type(tail) is str else _text(tail))
        else:
            _lay_out_many(writes, forms, tails)
    words = [(form.command, *form.fixed) for form in forms]
    return forms, [words, laid, [item.name for item in items], which, tails]


def _lay_out_many(writes: Sequence[Write], forms: dict[Form, int], tails: list[Any]) -> None:
    for form, tail in writes:
        tails += (forms.setdefault(form, len(forms) + 1), len(tail), *map(_text, tail))


def _text(word: bytes | str) -> str | msgspec.Raw:
    """Return a word as MessagePack text, the only kind of bytes that Lua's reader takes."""
    return word if isinstance(word, str) else msgspec.Raw(b"\xdb" + len(word).to_bytes(4, "big") + word)
