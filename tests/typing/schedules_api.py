"""The public names of `schedules` as users write them: read by the type checker, never run.

What must be refused carries an ignore; mypy tells of one that is not needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from schedules import (
    Crontab,
    Schedule,
    ScheduleError,
    advise,
    any_of,
    at,
    calendar,
    crontab,
    every,
    exclusions,
    explain,
    from_spec,
    from_trigger,
    jitter_ms,
    minus,
    spread,
    window,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)

line: Crontab = crontab("30 2 * * mon-fri", timezone="Europe/Riga", dst="literal", dialect="cron", key="nightly")
fields: Crontab = crontab(minute=30, hour="2, 14", day_of_week=["mon", 5], day_of_month=range(1, 8), month_of_year={1})
positional: Crontab = crontab(0, 9, "mon-fri", timezone=ZoneInfo("Europe/Riga"))
canonical: str = line.canonical()

parts: list[Schedule] = [
    line,
    every("90s"),
    every(0.5),
    every(timedelta(minutes=5), anchor=NOW),
    every(minutes=5, timezone="UTC"),
    at("2026-12-24T18:00", timezone="Europe/Riga"),
    at(date(2026, 12, 24)),
    calendar(months=1, day=31, at="02:30", overflow="skip"),
    calendar(weeks=2, weekday="fri", anchor=date(2026, 1, 2)),
    from_spec({"every": "5m"}, timezone="UTC", key="ping"),
    from_trigger(300),
]
whole = any_of(*parts, timezone="Europe/Riga")
limited: Schedule = window(minus(spread(whole, "15m", key="a"), "sat-sun", date(2026, 12, 24), Path("a.ics")), NOW)
closed: Schedule = minus(whole, exclusions("12-25", name="holidays"))

after: datetime | None = limited.next_after(NOW)
before: datetime | None = limited.previous_before(NOW)
coming: list[datetime] = limited.upcoming(NOW, 3)
between: Iterator[datetime] = limited.between(NOW, NOW + timedelta(days=1))
matches: bool = limited.matches(NOW)
told: str = limited.describe() + explain(limited, NOW).text + limited.explain(NOW).reason
ms: int | None = limited.next_ms(0)
spec: dict[str, object] = limited.to_spec()
delay: int = jitter_ms("a", 0, None, 30_000)
hints: list[str] = [advice.code for advice in advise(limited, NOW)]
place: tuple[str | None, int | None] = (ScheduleError("x").key, ScheduleError("x").position)

crontab("* * * * *", dst="sometimes")  # type: ignore[arg-type]
crontab(minute=1.5)  # type: ignore[arg-type]
crontab("* * * * *").nextafter(NOW)  # type: ignore[attr-defined]
every("5m").next_after("now")  # type: ignore[arg-type]
calendar(moths=1)  # type: ignore[call-arg]
