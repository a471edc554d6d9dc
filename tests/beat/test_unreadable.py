"""An entry whose record cannot be read here: shown, left alone, and never taken for another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from beat.api import Schedules
from beat.cli.command import beat
from beat.errors import EditRefused
from beat.redis_store import RedisStore
from beat.store import Edit
from tests.beat.house import House, after

RECORDS = {
    "a schedule to come": (b'{"schedule":{"moon":"full"},"task":"t"}', "unknown key 'moon'"),
    "a key to come": (b'{"schedule":{"every":"10s"},"task":"t","tide":1}', "this version knows no key tide"),
    "no record": (b"junk", "malformed"),
}


@pytest.fixture(params=RECORDS.values(), ids=RECORDS.keys())
def strange(request: pytest.FixtureRequest) -> tuple[House, str]:
    """Return a house with the entry `a`, put by a version of the future, and why it cannot be read."""
    record, fault = request.param
    house = House()
    house.store.put([Edit("a", "api", record, house.now_ms + 10_000)])
    return house, fault


DEEDS: list[Callable[[Schedules], object]] = [
    lambda schedules: schedules.resume("a"),
    lambda schedules: schedules.resume("a", catch_up=True),
    lambda schedules: schedules.run("a"),
    lambda schedules: schedules.skip("a"),
    lambda schedules: schedules.backfill("a", after(-60), after(-1)),
]


@pytest.mark.parametrize("deed", DEEDS)
def test_what_needs_its_record_is_refused_and_changes_nothing(
    strange: tuple[House, str], deed: Callable[[Schedules], object]
) -> None:
    house, fault = strange
    before = house.store.look("a")

    with pytest.raises(EditRefused, match="put or declare it again, delete it, or use the version") as raised:
        deed(house.schedules)

    assert fault in str(raised.value)
    assert house.store.look("a") == before
    assert house.sent() == []


def test_parked_by_the_leader_it_stays_parked_with_its_cursor_until_it_is_put_again(strange: tuple[House, str]) -> None:
    house, _ = strange
    house.run(12)
    with pytest.raises(EditRefused):
        house.schedules.resume("a")
    found = house.schedules.get("a")

    assert found is not None
    assert (found.condition, found.state["cursor_ms"]) == ("parked", house.now_ms - 2_000)
    assert house.schedules.put("a", task="t", every="10s").condition == "scheduled"
    house.run(10)
    assert house.fired("a") == [20]


def test_one_that_another_version_fires_is_no_difference_of_the_audit(strange: tuple[House, str]) -> None:
    """Its fires would be unexpected by any schedule that stood in for its own."""
    house, _ = strange
    house.store.note([["a", house.now_ms + 10_000]], 1)
    house.clock.advance(seconds=30)
    house.store.set_state("a", None, house.now_ms + 10_000)

    found = house.schedules.audit(after(0), after(30))

    assert (found.unread, found.count, found.waiting) == (1, 0, 0)
    assert house.schedules.why("a", after(10)).verdict == "fired"
    assert house.schedules.why("a", after(20)).verdict == "parked"
    outlook = house.schedules.outlook("a")
    assert (outlook.next_ms, outlook.last) == (None, None)
    assert "use the version of onbeat that wrote it" in outlook.hindrances[0].text


@pytest.fixture
def say(tmp_path: Path, redis_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command line in a folder whose server has an entry `added` and a strange one."""
    (tmp_path / "beat.toml").write_text(f'[beat]\nurl = "{redis_url}"\nnamespace = "{namespace}"\n')
    monkeypatch.chdir(tmp_path)
    store = RedisStore(redis_url, namespace, timeout_s=5.0)
    with Schedules(stores=[store]) as schedules:
        schedules.put("added", task="shop.ping", every="1h")
        store.put([Edit("strange", "api", RECORDS["a schedule to come"][0], 4_000_000_000_000)])

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(beat, words)
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_each_verb_says_so_and_none_speaks_of_a_schedule_that_it_has_not(say: Callable[..., str]) -> None:
    told = [say("show", "strange"), say("why", "strange"), say("list"), say("list", "--json"), say("audit", "1h")]

    assert all("1970" not in each for each in told)
    assert all("cannot be read" in each for each in told)
    assert json.loads(say("list", "strange", "--json"))["schedule"] is None
    assert "unknown key 'moon'" in say("next", "strange", code=2)
    assert "stays" not in say("resume", "strange", code=1)


def test_the_next_fires_of_a_schedule_that_was_added_are_told_and_so_is_what_holds_it(say: Callable[..., str]) -> None:
    (line,) = say("next", "added", "-n", "1", "--json", "--after", "2026-11-21T10:15:00Z").splitlines()

    assert json.loads(line)["at"] == "2026-11-21T11:00:00+00:00"
    assert say("explain", "added").startswith("Every hour")
    assert "1 fired, 0 skips" in say("simulate", "--from", "2026-11-21T10:15", "--to", "1h", "--name", "added")
    say("pause", "added", "--reason", "hot")
    assert "added is paused: hot" in say("next", "added")
    assert 'did you mean "added"' in say("show", "adde", code=2)


def test_what_is_disabled_is_told_as_that_and_not_as_unknown(say: Callable[..., str]) -> None:
    say("add", "off", "shop.ping", "--every", "1h", "--disabled")
    with Path("beat.toml").open("a") as settings:
        settings.write('[schedules.idle]\ntask = "t"\nevery = "1h"\nenabled = false\n')

    for name in ("off", "idle"):
        assert f"{name} is disabled\nnothing fires\n" in say("next", name)
