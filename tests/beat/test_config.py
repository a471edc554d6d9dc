"""beat.toml: what it gives, and how its faults are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from beat.config import Config, load
from queue_client.problems import SettingsError

FULL = """
[beat]
url = "redis://127.0.0.1:6379/3"
timezone = "Europe/Riga"
include = []
lease = "2s"

[queues.web_tasks]
routing_key = "web.#"

[schedules.nightly-report]
task = "shop.tasks.report"
crontab = "30 2 * * mon-fri"
timezone = "Europe/Berlin"
args = ["full"]
queue = "reports"
expires = "1h"
overlap = "skip"
jitter = "30s"

[schedules.ping]
task = "shop.tasks.ping"
every = "10s"
"""


def _load(folder: Path, text: str, **env: str) -> Config:
    path = folder / "beat.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, env)


def _faults(folder: Path, text: str, **env: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        _load(folder, text, **env)
    name = str(folder / "beat.toml")
    return [str(problem).replace(name, "beat.toml") for problem in caught.value.problems]


def test_a_file_gives_settings_queues_and_entries(tmp_path: Path) -> None:
    config = _load(tmp_path, FULL)

    assert (config.url, config.timezone, config.lease_ms) == ("redis://127.0.0.1:6379/3", "Europe/Riga", 2000)
    assert config.queues == {"web_tasks": "web.#"}
    nightly, ping = config.entries
    assert (nightly.name, nightly.queue, nightly.expires_ms, nightly.jitter_ms) == (
        "nightly-report", "reports", 3_600_000, 30_000,
    )  # fmt: skip
    assert nightly.schedule.to_spec()["timezone"] == "Europe/Berlin"
    assert ping.schedule.next_ms(1_000) == 10_000


def test_a_target_may_have_a_server_and_a_name_of_its_own(tmp_path: Path) -> None:
    text = """
[targets.celery]
url = "redis://broker/1"
[targets.billing]
kind = "celery"
queue = "bills"
[schedules.a]
task = "t"
every = "1s"
target = "billing"
"""
    targets = _load(tmp_path, text).targets

    assert sorted(targets) == ["billing", "celery", "native"]
    assert (targets["celery"].kind, targets["celery"].url) == ("celery", "redis://broker/1")
    assert (targets["billing"].kind, targets["billing"].url, targets["billing"].queue) == ("celery", None, "bills")


def test_a_target_at_the_beats_own_address_is_no_other_server(tmp_path: Path) -> None:
    text = '[targets.celery]\nurl = "redis://own/1"\n[targets.bills]\nkind = "celery"\nurl = "redis://other/1"'

    targets = _load(tmp_path, text, BEAT_URL="redis://own/1").targets

    assert [targets[name].url for name in ("celery", "bills")] == [None, "redis://other/1"]


def test_an_entry_without_a_zone_has_that_of_the_file(tmp_path: Path) -> None:
    text = '[beat]\ntimezone = "Asia/Tokyo"\n[schedules.a]\ntask = "t"\ncrontab = "0 9 * * *"'

    assert _load(tmp_path, text).entries[0].schedule.to_spec()["timezone"] == "Asia/Tokyo"


def test_the_environment_counts_before_the_file(tmp_path: Path) -> None:
    config = _load(tmp_path, FULL, BEAT_URL="redis://elsewhere:6379/0", BEAT_LEASE="5s")

    assert (config.url, config.lease_ms) == ("redis://elsewhere:6379/0", 5000)


def test_a_wrong_crontab_is_shown_with_its_place_inside_the_line(tmp_path: Path) -> None:
    text = '[schedules.nightly]\ntask = "t"\ncrontab = "30 25 * * *"\n'

    (fault,) = _faults(tmp_path, text)

    first, line, caret = fault.splitlines()
    assert first.startswith("beat.toml:3:15: schedules.nightly.crontab: ")
    assert "25" in first
    assert line.strip() == 'crontab = "30 25 * * *"'
    assert caret.index("^") == line.index("25")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[schedules.a]\ntask = "t"\ncrontap = "* * * * *"',
            'beat.toml:3:1: schedules.a.crontap: is not a key of a schedule; did you mean "crontab"?',
        ),
        ('[beat]\ntimezon = "UTC"', 'beat.toml:2:1: beat.timezon: is not a key here; did you mean "timezone"?'),
        ('[beat]\nurl = "redis://h:99999/0"', "beat.toml:2:7: beat.url: Port out of range 0-65535; write redis://"),
        ("[beet]\na = 1", 'beat.toml:1:2: beet: is not a table of beat.toml; did you mean "beat"?'),
        ('[beat]\nlease = "1ms"', "beat.toml:2:9: beat.lease: '1ms' is not from 0.5 to 60 seconds"),
        ('[beat]\nnamespace = "a${NOWHERE}"', "beat.toml:2:13: beat.namespace: ${NOWHERE} is not set"),
        ('[schedules.a]\nevery = "10s"', "schedules.a.task: is missing"),
        (
            '[schedules.a]\ntask = "t"\nevery = "10s"\noverlap = "never"',
            "beat.toml:4:11: schedules.a.overlap: 'never' is not one of allow, skip",
        ),
        ('[schedules.a]\ntask = "t"\ncrontab = "0 0 30 2 *"', "beat.toml:3:11: schedules.a.crontab: can never fire"),
        (
            '[schedules.a]\ntask = "t"\nevery = "10s"\ntarget = "celry"',
            "beat.toml:4:10: schedules.a.target: 'celry' is not a target; did you mean \"celery\"?",
        ),
        (
            '[schedules.a]\ntask = "t"\nevery = "10s"\npriority = 10',
            "beat.toml:4:12: schedules.a.priority: 10 is not in 0-9 (9 runs first)",
        ),
        (
            '[schedules.a]\ntask = "t"\nevery = "10s"\nkwargs = {a = [nan]}',
            "beat.toml:4:10: schedules.a.kwargs: cannot be sent as JSON, which has neither nan nor inf",
        ),
        ('[schedules.a]\ntask = "t"\nevery = "10s"\nqueue = ""', "beat.toml:4:9: schedules.a.queue: is empty"),
        ('[schedules.""]\ntask = "t"\nevery = "10s"', 'beat.toml:1:12: schedules."".name: must have 1 to 200'),
        ('[schedules.a]\ntask = "t"\nevery = "10s"\nargs = "full"', "beat.toml:4:8: schedules.a.args: must be a list"),
        ('[schedules.a]\ntask = "t', "beat.toml:2:"),
        (
            '[targets.native]\nkey_prefix = "app"',
            "beat.toml:2:1: targets.native.key_prefix: is for a target of kind 'celery', and this one is 'native'",
        ),
        ('[targets.brokr]\nurl = "redis://b/0"', "beat.toml:1:10: targets.brokr: say of which kind it is: kind ="),
        (
            '[targets.celery]\nurl = "unix:///b"\n[schedules.a]\ntask="t"\nevery="9s"\ntarget="celery"\noverlap="skip"',
            "beat.toml:7:9: schedules.a.overlap: 'skip' needs to know how runs end",
        ),
        ('[beat]\ntimezone = "Europe/Rigaa"', "beat.toml:2:12: beat.timezone: "),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place_and_what_to_write(tmp_path: Path, text: str, expected: str) -> None:
    (fault,) = _faults(tmp_path, text)

    assert expected in fault


def test_all_faults_are_told_together_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = '[beat]\nleese = 1\n[schedules.a]\ntask = "t"\nevery = "0s"\n[schedules.b]\ntask = 3\nevery = "1s"\n'

    faults = _faults(tmp_path, text)

    assert [fault.split(":")[1] for fault in faults] == ["2", "5", "7"]


def test_a_default_stands_in_for_a_variable_that_is_not_set(tmp_path: Path) -> None:
    text = '[beat]\nurl = "redis://${HOST:-localhost}:6379/0"'

    assert _load(tmp_path, text).url == "redis://localhost:6379/0"
    assert _load(tmp_path, text, HOST="db").url == "redis://db:6379/0"


def test_a_file_that_is_named_but_absent_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load(tmp_path / "absent.toml", {})


def test_settings_may_stand_in_pyproject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.beat]\nnamespace = "shop"\n[tool.beat.schedules.a]\ntask = "t"\nevery = "1s"'
    )

    config = load(None, {"HOME": str(tmp_path)})

    assert (config.namespace, [entry.name for entry in config.entries]) == ("shop", ["a"])


def test_of_a_very_long_line_only_what_is_near_the_fault_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "beat.toml"
    path.write_text(f'schedules.a = {{ args = ["{"x" * 5000}"], task = 5 }}')

    with pytest.raises(SettingsError) as caught:
        load(path, {})

    assert max(map(len, str(caught.value).splitlines())) < 250
    assert "task = 5 }" in str(caught.value)
