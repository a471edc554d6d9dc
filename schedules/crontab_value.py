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
from schedules.days import Distances, day_table
from schedules.fields import Fields
from schedules.month_days import DaySpec
from schedules.schedule import Schedule
from schedules.timeline import Mode, Timeline, timeline_of
from schedules.wallclock import search_ahead, search_behind
from schedules.zones import zone_name, zone_of

if TYPE_CHECKING:
    from schedules.phrase import Phrase

Dst = Literal["cron", "literal", "once"]


class _Unasked:
    """Stands for the timeline of a schedule that nobody has asked yet: covers no instant."""

    __slots__ = ()
    current: Final = (1, 0, 0)


_UNASKED: Final = _Unasked()


class Crontab(Schedule):
    """A schedule of clock times on days, made by `schedules.crontab`.

    Attributes:
        fields: What the expression says, field by field.
        zone: The zone of its clock, and of its results.
        dst: "cron", "literal" or "once".
        dialect: The dialect that `text` is written in.
        text: The expression as written, without a CRON_TZ= prefix.
        zone_given: Whether a zone was named; else it is UTC by default.
    """

    __slots__ = (
        "__weakref__", "_ahead", "_behind", "_timeline", "_times",
        "dialect", "dst", "fields", "text", "zone", "zone_given",
    )  # fmt: skip

    zone: tzinfo

    def __init__(
        self, fields: Fields, text: str, *, dialect: str = "cron", zone: tzinfo = UTC, zone_given: bool = False,
        dst: Dst = "cron",
    ) -> None:  # fmt: skip
        """Take what `crontab` has read and checked."""
        self.fields = fields
        self.text = text
        self.dialect = dialect
        self.zone = zone
        self.zone_given = zone_given
        self.dst = dst
        self._times: tuple[int, ...] = ()
        self._ahead: dict[int, Distances] = {}
        self._behind: dict[int, Distances] = {}
        self._timeline: Timeline | _Unasked = _UNASKED

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        second = after_ms // 1000 + 1
        start, end, offset = self._timeline.current
        if start <= second < end:
            local = second + offset
            day = local // 86400
            clock = local - day * 86400
            times = self._times
            if clock > times[-1]:
                day += 1
                clock = 0
            distance = self._ahead[day >> 9][day & 511]
            if distance:
                found = (day + distance) * 86400 + times[0] - offset
            else:
                found = day * 86400 + times[bisect_left(times, clock)] - offset
            if found < end:
                return found * 1000
        timeline = self._asked()
        answer = search_ahead(self._times, self._ahead, timeline, second)
        return None if answer is None else answer * 1000

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms."""
        second = (before_ms - 1) // 1000
        start, end, offset = self._timeline.current
        if start <= second < end:
            local = second + offset
            day = local // 86400
            clock = local - day * 86400
            times = self._times
            if clock < times[0]:
                day -= 1
                clock = 86400
            distance = self._behind[day >> 9][day & 511]
            if distance:
                found = (day - distance) * 86400 + times[-1] - offset
            else:
                found = day * 86400 + times[bisect_right(times, clock) - 1] - offset
            if found >= start:
                return found * 1000
        timeline = self._asked()
        answer = search_behind(self._times, self._behind, timeline, second)
        return None if answer is None else answer * 1000

    @property
    def never(self) -> bool:
        """Whether no day of the calendar matches; known without a search."""
        return day_table(DaySpec.of(self.fields)).never

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
        return text if self.zone is UTC else f"CRON_TZ={zone_name(self.zone)} {text}"

    def in_zone(self, timezone: str | tzinfo) -> Crontab:
        """Return the same expression on the clock of another zone.

        Raises:
            ZoneError: There is no such zone.
        """
        return Crontab(
            self.fields, self.text, dialect=self.dialect, zone=zone_of(timezone), zone_given=True, dst=self.dst
        )

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
            spec["timezone"] = zone_name(self.zone)
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
            (self.zone is other.zone or zone_name(self.zone) == zone_name(other.zone) is not None)
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
        return (
            _rebuilt,
            (self.fields, self.text, self.dialect, zone_name(self.zone) or self.zone, self.zone_given, self.dst),
        )

    def _asked(self) -> Timeline:
        """Return the timeline; at the first question the tables are looked up."""
        if isinstance(self._timeline, _Unasked):
            days = day_table(DaySpec.of(self.fields))
            self._times, self._ahead, self._behind = clock_times(self.fields), days.ahead, days.behind
            self._timeline = timeline_of(self.zone, self._mode())
        return self._timeline

    def _mode(self) -> Mode:
        if self.dst == "cron":
            return "literal" if self.fields.elapsed else "fixed"
        return self.dst


def _rebuilt(fields: Fields, text: str, dialect: str, zone: str | tzinfo, zone_given: bool, dst: Dst) -> Crontab:
    return Crontab(fields, text, dialect=dialect, zone=zone_of(zone), zone_given=zone_given, dst=dst)
