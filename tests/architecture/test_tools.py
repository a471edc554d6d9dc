"""The tools that read the code find nothing: they are tests, so that one summary tells all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

BIN = Path(sys.executable).parent


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "command",
    [
        "ruff check --quiet --output-format concise .",
        "ruff format --quiet --check .",
        "mypy --no-error-summary",
        "lint-imports --no-cache",
    ],
)
def test_a_tool_finds_nothing(command: str) -> None:
    tool, *words = command.split()
    run = subprocess.run([BIN / tool, *words], check=False, cwd=ROOT, capture_output=True, text=True, timeout=390)
    report = run.stdout + run.stderr
    if run.returncode != 0:
        pytest.fail(f"{command}\n{report}", pytrace=False)
