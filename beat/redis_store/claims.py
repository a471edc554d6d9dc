"""Claims on a server: a batch of items as the one packed word that claim.lua reads.

What many items have in common (due time, next due time, the pattern of their
message) is written once, and how many in a row have it; a fire is its name, its
id, and its own words if it has any. The script puts the message together. One
MessagePack word costs either side a fifth of what as many words would.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import msgspec

from beat.redis_store.link import Script
from beat.store import Packed, Receipt, Refusal
from beat.volley import ID, NAME, SEPARATOR, Volley

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.keys import Keys
    from beat.redis_store.link import Link
    from beat.store import Form, Item, Lease
    from beat.volley import Pattern

CLAIM: Final = Script("claim")
SEND: Final = Script("send")
LEDGER_LINES: Final = 200_000
LEDGER_OUTCOMES: Final = 500_000
"""About so many outcomes are kept, about 25 bytes each: many lines where lines are short, few where they are long."""
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
        volley = Volley.of(items)
        forms, batch = lay_out(volley)
        keys = [form.key or self.keys.lease for form in forms]
        return Packed(volley, (keys, _encode(line_of(volley)), _pack(batch)))

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


def line_of(volley: Volley) -> list[Any]:
    """Return the outcomes of a volley as its ledger line holds them; see `beat.outcomes.unfolded`."""
    dues = {number: kind.due_ms for number, kind in enumerate(volley.kinds, 1)}
    line: list[Any] = []
    if len(set(dues.values())) == 1:
        line += (dues[1], *volley.names)
    else:
        last_ms = -1
        for name, number in zip(volley.names, volley.which, strict=True):
            if dues[number] != last_ms:
                last_ms = dues[number]
                line.append(last_ms)
            line.append(name)
    line += [item.outcome for item in volley.rest]
    return line


def lay_out(volley: Volley) -> tuple[dict[Form, int], list[Any]]:
    """Return the forms with their numbers from 1, and the batch as claim.lua reads it."""
    forms: dict[Form, int] = {}
    patterns: dict[Pattern, int] = {}
    kinds: list[tuple[str, str, int]] = []
    for kind in volley.kinds:
        number = patterns.setdefault(kind.pattern, len(patterns) + 1)
        kinds.append((str(kind.due_ms), str(kind.next_ms), number))
    laid = [(forms.setdefault(pattern.form, len(forms) + 1), *_laid(pattern)) for pattern in patterns]
    own = [word for words in volley.own if words for word in words.split(SEPARATOR)]
    which, tails = volley.which, []
    if volley.rest:
        which = [*which, *_kinds_of(volley.rest, kinds)]
        tails = _tails_of(volley.rest, forms)
    words = [(form.command, *form.fixed) for form in forms]
    in_a_row = [number for kind, each in groupby(which) for number in (kind, len(list(each)))]
    return forms, [words, laid, kinds, volley.everyone(), in_a_row, volley.runs, own, tails]


def _laid(pattern: Pattern) -> tuple[Sequence[Any], ...]:
    """Return a pattern as the script reads it; the usual one, of an id and then a name, needs no places."""
    if pattern.slots == (ID, NAME):
        return (pattern.pieces[::2],)
    return pattern.pieces, [place + 1 for place in pattern.places], pattern.slots


def _kinds_of(items: Sequence[Item], kinds: list[tuple[str, str, int]]) -> list[int]:
    """Return the number of each item's kind, added to `kinds` where it is new."""
    numbers: dict[tuple[str, str, int], int] = {}
    which = []
    for _, due_ms, next_ms, writes, _, _ in items:
        kind = (str(due_ms), "" if next_ms is None else str(next_ms), -len(writes))
        if kind not in numbers:
            kinds.append(kind)
            numbers[kind] = len(kinds)
        which.append(numbers[kind])
    return which


def _tails_of(items: Sequence[Item], forms: dict[Form, int]) -> list[Any]:
    tails: list[Any] = []
    for item in items:
        for form, tail in item.writes:
            tails += (forms.setdefault(form, len(forms) + 1), len(tail), *map(_text, tail))
    return tails


def _text(word: bytes | str) -> str | msgspec.Raw:
    """Return a word as MessagePack text, the only kind of bytes that Lua's reader takes."""
    return word if isinstance(word, str) else msgspec.Raw(b"\xdb" + len(word).to_bytes(4, "big") + word)
