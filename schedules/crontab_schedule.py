"""The crontab schedule: an expression, a zone and a daylight-saving policy.

`crontab()` reads and shares; `Crontab` is the value. It answers from tables
that it has in common with every schedule of the same times, days or zone
(`clock_times`, `days`, `timeline`), and that are filled when first asked.

A job in a gap or a fold of the clock does as cronie does ("cron"): one that
has a fixed time fires once, at the gap's end or in the first pass; one whose
minute or hour begins with `*` follows elapsed time. "literal" skips and
repeats; "once" skips, and fires in the first pass only.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any, Final, Literal, get_args
from weakref import WeakValueDictionary

from schedules.canonical import canonical_text
from schedules.clock_times import clock_times
from schedules.days import DaySpec, Distances, day_table
from schedules.dialects import DIALECTS
from schedules.errors import CrontabError, ScheduleError
from schedules.fields import Dialect, Fields
from schedules.grammar import parse, split_zone
from schedules.keywords import FieldValue, is_expression, keyword_text, parse_keywords
from schedules.schedule import Schedule
from schedules.timeline import Mode, Timeline, timeline_of
from schedules.wallclock import Pattern, search_ahead, search_behind
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
    """A schedule of clock times on days, made by `crontab`.

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

    zone: tzinfo  # type: ignore[assignment]

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
        answer = search_ahead(self._pattern(), second)
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
        answer = search_behind(self._pattern(), second)
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
            self.zone is other.zone or zone_name(self.zone) == zone_name(other.zone) is not None
        ) and self.dst == other.dst and canonical_text(self.fields) == canonical_text(other.fields)

    def __hash__(self) -> int:
        fields = self.fields
        return hash((fields.minute.values, fields.hour.values, fields.second.values, zone_name(self.zone)))

    def __repr__(self) -> str:
        options = f", timezone={zone_name(self.zone)!r}" if self.zone_given else ""
        options += f", dialect={self.dialect!r}" if self.dialect != "cron" else ""
        options += f", dst={self.dst!r}" if self.dst != "cron" else ""
        return f"crontab({self.text!r}{options})"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuilt, (self.fields, self.text, self.dialect, zone_name(self.zone) or self.zone, self.zone_given, self.dst))

    def _pattern(self) -> Pattern:
        if isinstance(self._timeline, _Unasked):
            days = day_table(DaySpec.of(self.fields))
            self._times, self._ahead, self._behind = clock_times(self.fields), days.ahead, days.behind
            self._timeline = timeline_of(self.zone, self._mode())
        return Pattern(self._times, self._ahead, self._behind, self._timeline)

    def _mode(self) -> Mode:
        if self.dst == "cron":
            return "literal" if self.fields.elapsed else "fixed"
        return self.dst


_SHARED: Final[WeakValueDictionary[tuple[object, ...], Schedule]] = WeakValueDictionary()
"""What `crontab` made and somebody still holds, by its arguments."""


def crontab(
    minute: FieldValue = "*",
    hour: FieldValue = "*",
    day_of_week: FieldValue = "*",
    day_of_month: FieldValue = "*",
    month_of_year: FieldValue = "*",
    *,
    timezone: str | tzinfo | None = None,
    dst: Dst = "cron",
    dialect: Dialect = "cron",
    key: str | None = None,
) -> Any:
    """Return the schedule of a crontab expression, or of Celery's keywords.

    Args:
        minute: A whole expression of five to seven fields or an alias; or the
            minutes alone, like the following arguments as in Celery.
        hour: Hours, as an integer, a text, or an iterable of these.
        day_of_week: 0 or 7 = Sunday, or names.
        day_of_month: 1-31. With keywords, both day fields must match.
        month_of_year: 1-12, or names.
        timezone: A name, a zone object or an offset; None is UTC. A CRON_TZ= in
            the expression goes before it.
        dst: "cron" (as cronie), "literal" (skip and repeat), or "once".
        dialect: "cron", "celery", "croniter", "quartz" or "ocps".
        key: What H draws its values from: the entry's name.

    Raises:
        CrontabError: The expression is not one; the error points at the fault.
        ZoneError: There is no such zone.
        ScheduleError: `dst` or `dialect` is not one of its choices.

    >>> from datetime import datetime
    >>> crontab("0 9 * * mon").next_after(datetime(2026, 11, 21, tzinfo=UTC))
    datetime.datetime(2026, 11, 23, 9, 0, tzinfo=datetime.timezone.utc)
    >>> crontab(minute=30, hour="2", day_of_week="mon-fri") == crontab("30 2 * * 1-5")
    True
    """
    given = {
        "minute": minute, "hour": hour, "day_of_week": day_of_week,
        "day_of_month": day_of_month, "month_of_year": month_of_year,
    }  # fmt: skip
    _check(dst, get_args(Dst), "dst")
    _check(dialect, get_args(Dialect), "dialect")
    keywords = {name: value for name, value in given.items() if value != "*"}
    if isinstance(minute, str) and len(keywords) == 1 and (dialect not in ("cron", "celery") or is_expression(minute)):
        return _expression(minute, timezone, dst, dialect, key or "")
    rules = "celery" if dialect == "celery" else "keywords"
    fields = parse_keywords(keywords, rules, key or "")
    text = keyword_text(fields)
    return Crontab(fields, text, zone=zone_of(timezone), zone_given=timezone is not None, dst=dst)


def _expression(text: str, timezone: str | tzinfo | None, dst: Dst, dialect: Dialect, key: str) -> Schedule:
    arguments = (text, timezone, dst, dialect, key) if key or dialect != "cron" or dst != "cron" else (text, timezone)
    found = _SHARED.get(arguments)
    if found is None:
        found = _SHARED[arguments] = _read(text, timezone, dst, dialect, key)
    return found


def _read(text: str, timezone: str | tzinfo | None, dst: Dst, dialect: Dialect, key: str) -> Schedule:
    named, start = split_zone(text)
    zone_given = named is not None or timezone is not None
    zone = zone_of(named if named is not None else timezone)
    if dialect in ("cron", "ocps") and text.startswith(("@every", "@reboot"), start):
        return _event(text, start, zone if zone_given else None)
    if dialect == "croniter":
        from schedules.croniter_dialect import croniter_fields

        fields = croniter_fields(text[start:], key)
    else:
        fields = parse(text, dialect, key=key, start=start)
    written = text[start:] if start else text
    return Crontab(fields, written, dialect=dialect, zone=zone, zone_given=zone_given, dst=dst)


def _event(text: str, start: int, zone: tzinfo | None) -> Schedule:
    """Return what `@every 5m` or `@reboot` means: they have no fields."""
    from schedules.interval import every
    from schedules.reboot import Reboot

    word, *rest = text[start:].split(maxsplit=1)
    if word == "@reboot" and not rest:
        return Reboot(zone or UTC)
    if word != "@every" or not rest:
        hint = "write @every 5m, or @reboot alone"
        raise CrontabError(f"{text[start:]!r} is no alias", text=text, position=start, hint=hint)
    return every(rest[0].rstrip(" \t"), timezone=zone)


def _check(value: str, choices: tuple[str, ...], key: str) -> None:
    if value not in choices:
        raise ScheduleError(f"{key} {value!r} is not one of {', '.join(choices)}", key=key)


def _rebuilt(
    fields: Fields, text: str, dialect: str, zone: str | tzinfo, zone_given: bool, dst: Dst
) -> Crontab:
    return Crontab(fields, text, dialect=dialect, zone=zone_of(zone), zone_given=zone_given, dst=dst)
