"""Each event is one line: for people on a terminal, as fields elsewhere."""

from __future__ import annotations

import io

import pytest

from beat.events import Event, Failed, Fire, Fired, Parked, Skip, Skipped, StoreLost, TargetFound, TargetLost
from beat.live import LiveLog
from queue_client.worker.events import Ended

NOON_MS = 1_800_014_400_000
FIRE = Fire("report", NOON_MS, NOON_MS, "10d6b7ec-8c6d-8d92-a41c-3c03fca680b8", "{onbeat}:q:default")
FIRED = Fired(NOON_MS + 2, 7, 1, lambda: (FIRE,))


def _line(event: Event, *, human: bool = False) -> str:
    stream = io.StringIO()
    LiveLog(stream, human=human).beat(event)
    return stream.getvalue()


def test_a_fire_is_told_with_its_fields() -> None:
    assert _line(FIRED) == (
        "2027-01-15T12:00:00.002Z fired entry=report due=2027-01-15T12:00:00Z late_ms=2 "
        "id=10d6b7ec-8c6d-8d92-a41c-3c03fca680b8\n"
    )


def test_a_person_reads_the_name_first_and_no_time_twice() -> None:
    words = _line(FIRED, human=True).split()

    assert words[1:] == ["fired", "report", "late", "2", "ms", "10d6b7ec"]


def test_a_narrow_terminal_moves_facts_together_then_breaks_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beat.live.columns", lambda _stream: 60)
    assert _line(FIRED, human=True).endswith("  fired     report  late 2 ms  10d6b7ec\n")

    monkeypatch.setattr("beat.live.columns", lambda _stream: 46)
    first, second = _line(FIRED, human=True).splitlines()

    assert first.endswith("  fired     report  late 2 ms")
    assert second == " " * 24 + "10d6b7ec"


def test_a_span_of_skipped_fires_is_one_line() -> None:
    line = _line(Skipped(NOON_MS, 0, (Skip("report", NOON_MS - 60_000, NOON_MS, "coalesced"),)))

    assert "due=2027-01-15T11:59:00Z..2027-01-15T12:00:00Z reason=coalesced" in line


def test_a_reason_of_many_words_is_quoted() -> None:
    assert 'store lost reason="is not there" again_in_s=0.5' in _line(StoreLost("is not there", 0.5))


@pytest.mark.parametrize(("status", "word"), [("SUCCESS", "done"), ("RETRY", "retry"), ("FAILURE", "failed")])
def test_the_end_of_a_task_is_told_by_its_word(status: str, word: str) -> None:
    stream = io.StringIO()

    LiveLog(stream).worker(Ended("shop.report", "x1", status, 0.0042, None))

    assert f" {word} task=shop.report" in stream.getvalue()


def test_a_quiet_log_leaves_out_what_went_well() -> None:
    stream = io.StringIO()

    LiveLog(stream, quiet=True).beat(FIRED)

    assert stream.getvalue() == ""


def test_of_many_tasks_a_second_some_are_told_and_the_rest_is_counted() -> None:
    stream = io.StringIO()
    log = LiveLog(stream)

    for number in range(1_000):
        log.worker(Ended("shop.report", str(number), "SUCCESS", 0.0))
    log.worker(Ended("shop.report", "bad", "FAILURE", 0.0))
    log.say("stopped", "")

    lines = stream.getvalue().splitlines()
    told = sum(" done task=" in line for line in lines)
    assert told < 1_000
    assert sum(int(line.split()[3]) for line in lines if " done and " in line) == 1_000 - told
    assert any(" failed " in line for line in lines), "no failure is left out"


@pytest.mark.parametrize(
    ("event", "word"), [(Failed(NOON_MS, "a", "is full", NOON_MS + 1), "failed"), (Parked(NOON_MS, "a", "?"), "parked")]
)
def test_of_many_entries_that_fail_some_are_told_and_the_rest_is_counted(event: Event, word: str) -> None:
    stream = io.StringIO()
    log = LiveLog(stream)
    for _ in range(30_000):
        log.beat(event)
    log.say("stopped", "")

    lines = [line.split(" ", 2)[1:] for line in stream.getvalue().splitlines()]
    told = [words for found, words in lines if found == word and words.startswith("entry=")]
    left = [int(words.split()[1]) for found, words in lines if found == word and words.startswith("and ")]
    assert len(told) + sum(left) == 30_000
    assert len(told) < 10_000


def test_a_target_elsewhere_is_told_of_when_it_is_lost_and_when_it_is_found() -> None:
    lost, found = _line(TargetLost("celery", "web", "WRONGTYPE no list", 0.05)), _line(TargetFound("celery", 3.21))

    assert 'target lost target=celery queue=web reason="WRONGTYPE no list" again_in_s=0.05' in lost
    assert "target found target=celery away_s=3.2" in found
