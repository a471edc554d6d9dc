"""The value of a crontab: fields, a zone and a daylight-saving policy.

It answers from tables that it has in common with every schedule of the same
times, days or zone (`clock_times`, `days`, `timeline`), and that are looked up
when it is first asked. `schedules.crontab_schedule` makes it from texts.

A job in a gap or a fold of the clock does as cronie does ("cron"): one that
has a fixed time fires once, at the gap's end or in the first pass; one whose
minute or hour begins with `*` follows elapsed time. "literal" skips and
repeats; "once" skips, and fires in the first pass only.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final, Literal

from schedules.canonical import canonical_text
from schedules.clock_times import clock_times
from schedules.days import DayTable, Distances, day_table
from schedules.fields import Fields
from schedules.month_days import DaySpec
from schedules.schedule import Schedule
from schedules.timeline import UNASKED, Mode, Timeline, timeline_of
from schedules.wallclock import search_ahead, search_behind
from schedules.zones import same_zone, written_zone, zone_name, zone_of

if TYPE_CHECKING:
    from schedules.phrase import Phrase

Dst = Literal["cron", "literal", "once"]


class Expression:
    """What a text says, and its tables: shared by the schedules that differ in zone or policy.

    Attributes:
        fields: What the text says, field by field.
        text: The expression as written, without a CRON_TZ= prefix.
        dialect: The dialect of `text`.
        key: What H was drawn from.
    """

    __slots__ = ("_ahead", "_behind", "_times", "dialect", "fields", "key", "text")

    def __init__(self, fields: Fields, text: str, dialect: str = "cron", key: str = "") -> None:
        self.fields = fields
        self.text = text
        self.dialect = dialect
        self.key = key
        self._times: tuple[int, ...] = ()

    def tables(self) -> tuple[tuple[int, ...], dict[int, Distances], dict[int, Distances]]:
        """Return (times of day, distances ahead, distances behind), looked up once."""
        if not self._times:
            days = self.days
            self._ahead, self._behind = days.ahead, days.behind
            self._times = clock_times(self.fields)
        return self._times, self._ahead, self._behind

    @property
    def days(self) -> DayTable:
        """The table of matching days."""
        return day_table(DaySpec.of(self.fields))


class _Unasked:
    """Stands for the timeline of a schedule that nobody has asked yet: covers no instant."""

    __slots__ = ()
    current: Final = UNASKED


_UNASKED: Final = _Unasked()
_NO_TABLES: Final[tuple[tuple[int, ...], dict[int, Distances], dict[int, Distances]]] = ((1, 0), {}, {})
_NO_DAY: Final = 1 << 62


class Crontab(Schedule):
    """A schedule of clock times on days, made by `schedules.crontab`.

    Attributes:
        expression: What the text says.
        zone: The zone of its clock, and of its results.
        dst: "cron", "literal" or "once".
        zone_given: Whether a zone was named; else it is UTC by default.
    """

    __slots__ = ("_ahead", "_behind", "_timeline", "_times", "_today", "dst", "expression", "zone", "zone_given")

    zone: tzinfo

    def __init__(
        self, expression: Expression, zone: tzinfo = UTC, *, zone_given: bool = False, dst: Dst = "cron"
    ) -> None:
        """Take what `crontab` has read and checked."""
        self.expression = expression
        self.zone = zone
        self.zone_given = zone_given
        self.dst = dst
        self._timeline: Timeline | _Unasked = _UNASKED
        self._times, self._ahead, self._behind = _NO_TABLES
        self._today = _NO_DAY
        """Local midnight, as an instant, of a matching day whose fire times all lie in one stretch."""

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        times, today = self._times, self._today
        if today <= after_ms and times[0] <= (clock := after_ms - today) < times[-1]:
            return today + times[bisect_right(times, clock)]
        start, end, offset, later, _ = self._timeline.current
        if start <= after_ms < end:
            day, clock = divmod(after_ms + offset, 86_400_000)
            midnight = after_ms - clock
            if clock < times[-1]:
                distance = self._ahead[day >> 9][day & 511]
                if distance:
                    found = midnight + distance * 86_400_000 + times[0]
                else:
                    found = midnight + times[bisect_right(times, clock)]
                    if len(times) > 1 and start <= midnight + times[0] and midnight + times[-1] < end:
                        self._today = midnight
            else:
                day += 1
                found = midnight + (self._ahead[day >> 9][day & 511] + 1) * 86_400_000 + times[0]
            if found < end:
                return found
            start, end, later_offset = later
            found += offset - later_offset
            if start <= found < end:
                return found
        return self._search_ahead(after_ms)

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms."""
        times, today = self._times, self._today
        if today < before_ms and times[0] < (clock := before_ms - today) <= times[-1]:
            return today + times[bisect_left(times, clock) - 1]
        start, end, offset, _, earlier = self._timeline.current
        if start < before_ms <= end:
            day, clock = divmod(before_ms + offset, 86_400_000)
            midnight = before_ms - clock
            if clock > times[0]:
                distance = self._behind[day >> 9][day & 511]
                if distance:
                    found = midnight - distance * 86_400_000 + times[-1]
                else:
                    found = midnight + times[bisect_left(times, clock) - 1]
                    if len(times) > 1 and start <= midnight + times[0] and midnight + times[-1] < end:
                        self._today = midnight
            else:
                day -= 1
                found = midnight - (self._behind[day >> 9][day & 511] + 1) * 86_400_000 + times[-1]
            if found >= start:
                return found
            start, end, earlier_offset = earlier
            found += offset - earlier_offset
            if start <= found < end:
                return found
        return self._search_behind(before_ms)

    @property
    def fields(self) -> Fields:
        """What the expression says, field by field."""
        return self.expression.fields

    @property
    def text(self) -> str:
        """The expression as written, without a CRON_TZ= prefix."""
        return self.expression.text

    @property
    def dialect(self) -> str:
        """The dialect that `text` is written in."""
        return self.expression.dialect

    @property
    def never(self) -> bool:
        """Whether no day of the calendar matches; known without a search."""
        return self.expression.days.never

    @property
    def elapsed(self) -> bool:
        """Whether the schedule follows elapsed time over clock changes, not the clock."""
        return self.fields.elapsed

    def canonical(self) -> str:
        """Return one text for each meaning, with the zone unless it is UTC.

        >>> from schedules import crontab
        >>> crontab("0-59/15 0-23 * jan-dec sun,7").canonical()
        '0-59/15 0-23 * * 0'
        >>> crontab("CRON_TZ=Europe/Riga 30 2 * * mon,fri,tue-thu").canonical()
        'CRON_TZ=Europe/Riga 30 2 * * 1-5'
        """
        text = canonical_text(self.fields)
        return text if self.zone is UTC else f"CRON_TZ={written_zone(self.zone)} {text}"

    def in_zone(self, timezone: str | tzinfo) -> Crontab:
        """Return the same expression on the clock of another zone.

        Raises:
            ZoneError: There is no such zone.
        """
        return Crontab(self.expression, zone_of(timezone), zone_given=True, dst=self.dst)

    def describe(self) -> str:
        """Return the schedule in English.

        >>> from schedules import crontab
        >>> crontab("30 2 * * mon-fri", timezone="Europe/Riga").describe()
        'At 02:30, Monday through Friday, Europe/Riga time'
        """
        return str(self.phrase())

    def phrase(self) -> Phrase:
        """Return the description in parts, for schedules made of this one."""
        from schedules.describe import crontab_phrase

        return crontab_phrase(self.fields, self.zone, self.dst, never=self.never)

    def to_spec(self) -> dict[str, object]:
        """Return the schedule under the keys of `beat.toml`.

        >>> from schedules import crontab
        >>> crontab("0 9 * * mon", timezone="Europe/Riga").to_spec()
        {'crontab': '0 9 * * mon', 'timezone': 'Europe/Riga'}
        """
        spec: dict[str, object] = {"crontab": self.text}
        if self.zone_given:
            spec["timezone"] = written_zone(self.zone)
        if self.dst != "cron":
            spec["dst"] = self.dst
        if self.dialect != "cron":
            spec["dialect"] = self.dialect
        return spec

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Crontab):
            return NotImplemented
        return (
            same_zone(self.zone, other.zone)
            and self.dst == other.dst
            and canonical_text(self.fields) == canonical_text(other.fields)
        )

    def __hash__(self) -> int:
        fields = self.fields
        return hash((fields.minute.values, fields.hour.values, fields.second.values, zone_name(self.zone)))

    def __repr__(self) -> str:
        options = f", timezone={zone_name(self.zone)!r}" if self.zone_given else ""
        options += f", dialect={self.dialect!r}" if self.dialect != "cron" else ""
        options += f", dst={self.dst!r}" if self.dst != "cron" else ""
        return f"crontab({self.text!r}{options})"

    def __reduce__(self) -> tuple[object, ...]:
        expression, zone = self.expression, zone_name(self.zone) or self.zone
        facts = (expression.fields, expression.text, expression.dialect, expression.key)
        return (_rebuilt, (facts, zone, self.zone_given, self.dst))

    def _search_ahead(self, after_ms: int) -> int | None:
        """Answer what the current stretch does not."""
        timeline = self._timeline
        if isinstance(timeline, _Unasked):
            self._ask()
            return self.next_ms(after_ms)
        if timeline.moves_to(after_ms):
            return self.next_ms(after_ms)
        return search_ahead(self._times, self._ahead, timeline, after_ms + 1)

    def _search_behind(self, before_ms: int) -> int | None:
        timeline = self._timeline
        if isinstance(timeline, _Unasked):
            self._ask()
            return self.previous_ms(before_ms)
        if timeline.moves_to(before_ms - 1):
            return self.previous_ms(before_ms)
        return search_behind(self._times, self._behind, timeline, before_ms - 1)

    def _ask(self) -> None:
        """Look the tables up, at the first question."""
        mode: Mode = "literal" if self.fields.elapsed else "fixed"
        self._times, self._ahead, self._behind = self.expression.tables()
        self._timeline = timeline_of(self.zone, mode if self.dst == "cron" else self.dst)


def _rebuilt(facts: tuple[Fields, str, str, str], zone: str | tzinfo, zone_given: bool, dst: Dst) -> Crontab:
    return Crontab(Expression(*facts), zone_of(zone), zone_given=zone_given, dst=dst)
