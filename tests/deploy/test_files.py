"""The files for production: each command they name exists, each unit is well formed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from beat.cli.command import beat

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
BEAT = str(Path(sys.executable).parent / "beat")


def _commands() -> list[list[str]]:
    found = [
        re.search(r"^ExecStart=\S*/beat (.*)$", unit.read_text(), re.MULTILINE)[1].split()  # type: ignore[index]
        for unit in UNITS
    ]
    compose = (DEPLOY / "compose.yaml").read_text()
    found += [re.findall(r"[\w.-]+", words) for words in re.findall(r"command: \[((?:serve|worker)[^\]]*)\]", compose)]
    docker = (DEPLOY / "Dockerfile").read_text()
    found += [re.findall(r"[\w.-]+", words) for words in re.findall(r'^CMD \["(.*)"\]', docker, re.MULTILINE)]
    return found


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_every_command_in_the_files_is_one_that_beat_knows(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAT_CONFIG", "")  # put back after `--config` has set it

    run = CliRunner().invoke(beat, [*words, "--help"])

    assert run.exit_code == 0, run.output


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_no_fault_in_a_unit(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name.replace("@", "@1")
    here = f'"{BEAT.replace("%", "%%")}"'  # whose path may have a space in it
    copy.write_text(unit.read_text().replace("/opt/onbeat/bin/beat", here))
    run = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], check=False, capture_output=True, text=True, timeout=60
    )

    assert [line for line in run.stderr.splitlines() if unit.stem.rstrip("@") in line] == []


def test_the_server_is_told_to_keep_what_it_is_given() -> None:
    settings = (DEPLOY / "valkey/valkey.conf").read_text()

    assert "appendonly yes" in settings
    assert "maxmemory-policy noeviction" in settings
