"""What is installed is what is locked: each thing pyproject.toml asks for has its pin and its hashes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME: list[str] = PROJECT["project"]["dependencies"]
EXTRAS: list[str] = [line for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines]
DEVELOPMENT: list[str] = PROJECT["dependency-groups"]["dev"]


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("requirements.lock", RUNTIME + EXTRAS + DEVELOPMENT), ("deploy/requirements.lock", RUNTIME)],
    ids=["everything", "runtime"],
)
def test_each_requirement_has_a_pin_that_satisfies_it(name: str, wanted: list[str]) -> None:
    pins = _pins(ROOT / name)
    stale = []
    for line in wanted:
        requirement = Requirement(line)
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None or not requirement.specifier.contains(pin, prereleases=True):
            stale.append(f"{line}: {pin}")

    assert stale == [], "run ./do lock"


def test_the_runtime_lock_pins_what_the_tests_ran_with() -> None:
    everything = _pins(ROOT / "requirements.lock")
    runtime = _pins(ROOT / "deploy/requirements.lock")

    assert {name: pin for name, pin in runtime.items() if everything[name] != pin} == {}


@pytest.mark.parametrize("name", ["requirements.lock", "deploy/requirements.lock"])
def test_each_pin_has_hashes_and_no_place_to_get_it_from(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())

    assert [block for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []
