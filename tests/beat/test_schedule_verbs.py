"""`beat next`, `beat explain` and `beat check`: what they say of schedules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.beat.command_line import Say, told

SETTINGS = """
[beat]
timezone = "Europe/Riga"

[schedules.nightly]
task = "shop.report"
crontab = "30 3 * * *"

[schedules.early]
task = "shop.report"
crontab = {hour = 7, minute = 0}
timezone = "America/New_York"
"""


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run a command line in a folder with two schedules; returns what it prints."""
    (tmp_path / "beat.toml").write_text(SETTINGS, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BEAT_TIMEZONE", raising=False)
    return told


def test_an_expression_is_explained_with_its_clock_changes_and_next_fires(say: Say) -> None:
    assert say("explain", "30 3 * * *", "-z", "Europe/Riga", "--after", "2026-03-27T12:00") == (
        "At 03:30 every day, Europe/Riga time\n"
        "  note  03:30 does not exist in Europe/Riga on 2026-03-29, 2027-03-28 and 2028-03-26:"
        " it fires once, at 04:00, instead\n"
        "  note  03:30 comes twice in Europe/Riga on 2026-10-25 and 2027-10-31: it fires in the first pass only\n"
        "  next  Sat 2026-03-28 03:30:00 EET  in 15 h 30 min\n"
        "  next  Sun 2026-03-29 04:00:00 EEST  in 1 d 15 h\n"
        "  next  Mon 2026-03-30 03:30:00 EEST  in 2 d 14 h\n"
    )


def test_a_schedule_is_explained_by_its_name_and_an_alias_by_its_fields(say: Say) -> None:
    assert "  cron  30 3 * * *\n" in say("explain", "nightly")
    assert "  cron  0 0 * * 0\n" in say("explain", "@weekly")


@pytest.mark.parametrize(
    ("instant", "told"),
    [
        (
            "2026-03-29T04:00",
            "  fires made up at 04:00 on 29 March 2026, the end of a gap: the",
        ),
        ("2026-03-29T03:30", "  quiet 03:30 on 29 March 2026 does not exist"),
        (
            "2026-10-25T03:30+02:00",
            "  quiet 03:30 on 25 October 2026 comes twice: the clocks repeat it",
        ),
        ("2026-03-30T03:31", "  quiet 03:31 on 30 March 2026 is none of its times: the minute is 31, not 30\n"),
    ],
)
def test_an_instant_is_explained(say: Say, instant: str, told: str) -> None:
    assert told in say("explain", "nightly", "--at", instant)


def test_an_explanation_is_one_json_object(say: Say) -> None:
    found = json.loads(say("explain", "30 3 * * fri", "--after", "2026-03-01", "--at", "2026-03-06T03:30", "--json"))

    assert found["words"] == "At 03:30 on Fridays, Europe/Riga time"
    assert found["canonical"] == "30 3 * * 5"
    assert found["spec"] == {"crontab": "30 3 * * fri", "timezone": "Europe/Riga"}
    assert found["advice"] == []
    assert found["next"][0] == {"at": "2026-03-06T03:30:00+02:00", "ms": 1772760600000}
    assert (found["why"]["fires"], found["why"]["reason"]) == (True, "plain")


def test_a_country_of_one_zone_stands_for_it(say: Say) -> None:
    assert say("explain", "0 9 * * *", "--country", "estonia").startswith("At 09:00 every day, Europe/Tallinn time")
    assert "name one with --timezone" in say("explain", "0 9 * * *", "--country", "NZ", code=2)


def test_what_can_never_fire_is_told(say: Say) -> None:
    assert "note  never fires: no date has day of month 30 and month 2" in say("explain", "0 0 30 2 *")
    assert say("next", "0 0 30 2 *") == "it can never fire\n"
    assert say("next", "0 0 0 1 1 * 2020") == "it fires never again\n"


def test_fire_times_are_printed_as_json_one_a_line(say: Say) -> None:
    printed = say("next", "30 3 * * *", "-z", "Europe/Riga", "--after", "2026-03-28T02:00Z", "-n2", "--json")

    assert [json.loads(line) for line in printed.splitlines()] == [
        {"at": "2026-03-29T04:00:00+03:00", "ms": 1774746000000},
        {"at": "2026-03-30T03:30:00+03:00", "ms": 1774830600000},
    ]


def test_a_fire_time_at_a_clock_change_is_remarked(say: Say) -> None:
    made_up = say("next", "30 3 * * *", "--after", "2026-03-28T12:00", "-n", "2")
    twice = say("next", "*/30 3 * * *", "--after", "2026-10-25T00:00", "-n", "5")

    assert [line.partition("  in ")[2] for line in made_up.splitlines()] == ["15 h  made up", "1 d 14 h"]
    assert [line.split("  ")[2:] for line in twice.splitlines()] == [
        *[["first pass"]] * 2,
        *[["second pass"]] * 2,
        [],
    ]


def test_a_time_without_an_offset_is_one_of_the_zone(say: Say) -> None:
    assert "03:30:00+02:00" in say("next", "30 3 * * *", "-z", "Europe/Riga", "--after", "2026-03-01T03:29", "--json")


def test_all_schedules_are_merged_and_shown_in_one_zone_if_asked(say: Say) -> None:
    printed = say("next", "--after", "2026-03-01T00:00", "-n", "2")
    assert "Sun 2026-03-01 03:30:00 EET  3 h 30 min  nightly" in printed
    assert "Sun 2026-03-01 07:00:00 EST  14 h        early" in printed

    assert "12:00:00 UTC" in say("next", "early", "--after", "2026-03-01T00:00", "-n", "1", "-z", "UTC")


@pytest.mark.parametrize("verb", ["next", "explain"])
def test_an_expression_without_quotes_is_told_to_get_them(say: Say, verb: str) -> None:
    assert f'quote the expression, as in: beat {verb} "30 2 * * *"' in say(verb, "30", "2", "*", "*", "*", code=2)


def test_the_checks_of_a_file_point_at_the_schedule(say: Say) -> None:
    printed = say("check")

    assert "warning: beat.toml:7:11: schedules.nightly.crontab: 03:30 does not exist in Europe/Riga on" in printed
    assert "schedules.early" not in printed


def test_the_list_names_the_queue_that_a_routing_key_leads_to(say: Say) -> None:
    mails = '[schedules.mails]\ntask = "shop.mail"\nevery = "1h"\nrouting_key = "mail.a"\n'
    Path("beat.toml").write_text(f'{SETTINGS}\n[queues.mail]\nrouting_key = "mail.#"\n{mails}', "utf-8")

    (row,) = (line for line in say("list", "mails", "--offline").splitlines() if line.startswith("mails"))

    assert row.split()[-2:] == ["mail", "toml"]


def test_the_list_names_the_queue_that_each_fire_goes_to(say: Say, tmp_path: Path) -> None:
    targets = {"celery": 'queue = "tasks"', "shop": 'kind = "celery"'}
    lines = [f"[targets.{name}]\n{keys}\n" for name, keys in targets.items()]
    lines += [f'[schedules.to-{name}]\ntask = "t"\nevery = "1h"\ntarget = "{name}"\n' for name in (*targets, "native")]
    (tmp_path / "beat.toml").write_text("".join(lines), "utf-8")

    rows = {line.split()[0]: line.split()[-2] for line in say("list", "--offline").splitlines()[1:]}

    assert rows == {"to-celery": "tasks", "to-shop": "celery", "to-native": "default"}
