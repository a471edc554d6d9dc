"""One text for each meaning, and each text means what it was made of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules import crontab
from schedules.clock_times import clock_times
from tests.oracle.lines import items, rare_lines, second_lines

steady = settings(max_examples=40, deadline=None, derandomize=True, database=None)
alike = st.builds("{} {} {} * {}".format, items(0, 3), items(0, 3), items(1, 4), items(0, 7))
years = st.sampled_from(["*", "2026", "2026-2030", "2026/2", "*/3", "2199"])
any_line = st.one_of(rare_lines(), second_lines(), st.builds("{} {}".format, second_lines(), years))


@steady
@given(any_line, st.sampled_from(["UTC", "Europe/Riga", "+05:45"]), st.sampled_from(["cron", "literal", "once"]))
def test_the_canonical_text_reads_back_to_an_equal_schedule(line: str, zone: str, dst: str) -> None:
    schedule = crontab(line, timezone=zone, dst=dst)  # type: ignore[arg-type]
    again = crontab(schedule.canonical(), dst=dst)  # type: ignore[arg-type]

    assert again == schedule
    assert hash(again) == hash(schedule)
    assert again.canonical() == schedule.canonical()
    assert clock_times(again.fields) == clock_times(schedule.fields)
    assert again.expression.days.meaning() == schedule.expression.days.meaning()
    assert again.elapsed == schedule.elapsed


@settings(steady, max_examples=20)
@given(rare_lines(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(line: str, random: object) -> None:
    fields = line.split()
    shuffled = []
    for field in fields:
        plus = field[:1] == "+"
        head, *rest = field.removeprefix("+").split(",")
        random.shuffle(rest)  # type: ignore[attr-defined]
        shuffled.append(field if field == "?" else "+" * plus + ",".join([head, *rest, *rest, head]))

    assert crontab(" ".join(shuffled)).canonical() == crontab(line).canonical()


@settings(steady, max_examples=10)
@given(
    st.lists(
        st.builds("{} {} {} * {}".format, items(0, 3), items(0, 3), items(1, 4), items(0, 7)), min_size=40, max_size=50
    )
)
def test_what_means_the_same_has_the_same_text(written: list[str]) -> None:
    texts: dict[object, set[str]] = {}
    for line in written:
        found = crontab(line)
        meaning = (clock_times(found.fields), found.expression.days.meaning(), found.elapsed)
        texts.setdefault(meaning, set()).add(found.canonical())

    assert [several for several in texts.values() if len(several) > 1] == []


@pytest.mark.parametrize(
    ("line", "canonical"),
    [
        ("0-59/15 0-23 * jan-dec sun,7", "0-59/15 0-23 * * 0"),
        ("*/15 * * * *", "*/15 * * * *"),
        ("00 09 * * MON-fri", "0 9 * * 1-5"),
        ("0 22-2 * * *", "0 0-2,22,23 * * *"),
        ("0 0 * * fri-mon", "0 0 * * 0,1,5,6"),
        ("0 0 1 * ?", "0 0 1 * *"),
        ("0 0 1 * 1-7", "0 0 * * *"),
        ("0 0 13 * +5", "0 0 13 * +5"),
        ("0 0 */1 * 5", "0 0 * * 5"),
        ("0 0 L,15W * *", "0 0 L,15W * *"),
        ("0 0 * * L5,5#2", "0 0 * * 5L,5#2"),
        ("30 0 0 * * *", "30 0 0 * * *"),
        ("0 30 2 * * *", "30 2 * * *"),
        ("0 30 2 * * * 2026", "0 30 2 * * * 2026"),
        ("@daily", "0 0 * * *"),
        ("CRON_TZ=Europe/Riga @hourly", "CRON_TZ=Europe/Riga 0 * * * *"),
    ],
)
def test_a_canonical_text_is_short(line: str, canonical: str) -> None:
    assert crontab(line).canonical() == canonical


def test_what_follows_elapsed_time_is_another_meaning() -> None:
    """At a clock change `*` and `0-23` part."""
    assert crontab("0 * * * *").canonical() != crontab("0 0-23 * * *").canonical()
    assert crontab("0 * * * *") != crontab("0 0-23 * * *")


def test_equal_schedules_of_other_zones_and_policies_differ() -> None:
    assert crontab("0 9 * * *", timezone="Europe/Riga") != crontab("0 9 * * *", timezone="Europe/Vilnius")
    assert crontab("0 9 * * *", dst="literal") != crontab("0 9 * * *")
