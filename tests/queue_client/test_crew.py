"""A crew keeps its number, whatever becomes of its members."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence

import pytest

from queue_client.worker import crew as crews
from queue_client.worker.crew import Crew, pause_before
from queue_client.worker.members import Member, spawn


class Actor(Member):
    """A member that does what a test says; no process."""

    def __init__(self, number: int) -> None:
        self.word_of_ours, self.said = os.pipe()
        super().__init__(number, os.open(os.devnull, os.O_WRONLY), self.word_of_ours)
        self.code: int | None = None
        self.signals: list[signal.Signals] = []
        self.ends_at = signal.SIGTERM

    def poll(self) -> int | None:
        return self.code

    def send(self, signum: signal.Signals) -> None:
        self.signals.append(signum)
        if signum in (self.ends_at, signal.SIGKILL):
            self.end(-signum if signum == signal.SIGKILL else 0)

    def end(self, code: int) -> None:
        """End, as a process does: its ends of the pipes go with it."""
        if self.code is None:
            self.code = code
            os.close(self.said)

    def leave(self) -> None:
        """Say that it takes nothing more."""
        os.write(self.said, b"e")


class Play:
    """A crew of actors, and what happens to them one after the other."""

    def __init__(self, size: int, *acts: Callable[[Play], None], grace: float = 60.0) -> None:
        self.cast: list[Actor] = []
        self.said: list[str] = []
        self.acts = list(acts)
        self.size = size
        self.crew = Crew(self.start, size, grace, lambda word, text: self.said.append(f"{word} {text}"))

    def start(self, _: Sequence[int]) -> Member:
        self.cast.append(Actor(len(self.cast)))
        if len(self.cast) >= self.size:
            act = self.acts.pop(0) if self.acts else Play.stop
            act(self)
        return self.cast[-1]

    def stop(self) -> None:
        self.crew.stop()

    def run(self) -> int:
        return self.crew.run()


def test_it_starts_so_many_and_ends_them_when_it_is_stopped() -> None:
    play = Play(3)

    assert play.run() == 0

    assert [actor.signals for actor in play.cast] == [[signal.SIGTERM]] * 3


def test_one_that_crashes_is_replaced_and_the_loss_is_told() -> None:
    play = Play(2, lambda play: play.cast[0].end(-signal.SIGKILL))

    play.run()

    assert len(play.cast) == 3
    assert play.said == ["lost process=0 signal=SIGKILL again_in_s=0"]


def test_one_that_has_done_its_share_is_replaced_before_it_has_ended() -> None:
    def replace(play: Play) -> None:
        play.cast[0].leave()

    play = Play(1, replace)

    play.run()

    assert len(play.cast) == 2
    assert play.cast[0].signals == [signal.SIGTERM], "it was still there when the crew was stopped"
    assert play.said == []


def test_crashes_in_a_row_are_answered_more_and_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "FIRST_PAUSE", 0.001)

    def crash(play: Play) -> None:
        play.cast[-1].end(1)

    play = Play(1, crash, crash, crash, crash)
    play.run()

    assert [line.rpartition("=")[2] for line in play.said] == ["0", "0.001", "0.002", "0.004"]


def test_one_that_was_called_wrongly_ends_the_crew() -> None:
    play = Play(2, lambda play: play.cast[0].end(2))

    assert play.run() == 2


def test_a_second_stop_is_passed_on_and_a_third_kills() -> None:
    def stubborn(play: Play) -> None:
        for actor in play.cast:
            actor.ends_at = signal.SIGKILL
        for _ in range(3):
            play.stop()

    play = Play(2, stubborn)
    play.run()

    assert [actor.signals for actor in play.cast] == [[signal.SIGTERM, signal.SIGTERM, signal.SIGKILL]] * 2


def test_who_does_not_go_within_the_grace_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "BEYOND_GRACE", 0.0)
    monkeypatch.setattr(crews, "TICK_SECONDS", 0.01)

    def stubborn(play: Play) -> None:
        play.cast[0].ends_at = signal.SIGKILL
        play.stop()

    play = Play(1, stubborn, grace=0.0)
    play.run()

    assert play.cast[0].signals[-1] == signal.SIGKILL


def test_pauses_are_bounded() -> None:
    assert pause_before(10_000) == crews.LONGEST_PAUSE


def test_a_member_sees_when_the_one_that_started_it_is_gone() -> None:
    wait = "import os, sys; os.read(int(os.environ['ONBEAT_MEMBER'].split(',')[0]), 1); sys.exit(7)"
    member = spawn([sys.executable, "-c", wait], os.environ)
    assert member.poll() is None

    ended = threading.Thread(target=lambda: member._process and member._process.wait(10))
    member.close()
    ended.start()
    ended.join(10)

    assert member.poll() == 7
