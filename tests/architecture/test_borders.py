"""Who may know whom, what is loaded when, and what the project does not speak of."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, ROOT, modules, tracked

HEAVY = {"redis", "hiredis", "rich", "starlette", "uvicorn", "celery", "croniter", "apscheduler", "asyncio"}
NAMES_TO_AVOID = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc)(_|$)")


def _run(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=120)


def _loaded_by(*words: str) -> set[str]:
    program = (
        "import sys; sys.argv = ['beat', *sys.argv[1:]]\n"
        "from beat.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('\\nLOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    run = _run(sys.executable, "-c", program, *words, folder=ROOT / "examples/shop")
    assert "LOADED" in run.stdout, run.stderr
    return set(run.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("next", "--help"),
        ("next", "30 2 * * *"),
        ("explain", "30 2 * * *"),
        ("next",),
        ("list",),
        ("check",),
    ],
    ids=" ".join,
)
def test_a_verb_that_needs_no_server_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    assert _loaded_by(*words) & (HEAVY - {"asyncio"} if words in {("next",), ("list",), ("check",)} else HEAVY) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    program = f"import {package}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    run = _run(sys.executable, "-c", program)

    assert set(run.stdout.split()) & (HEAVY - {"asyncio"}) == set()


IMPORT_EACH = """
import importlib, os, sys
for name in sys.argv[1:]:
    pid = os.fork()
    if not pid:
        importlib.import_module(name)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        print(name)
"""


@pytest.mark.slow
def test_each_module_may_be_the_first_that_is_imported() -> None:
    """Most processes of the tests are forks of one that has imported everything: none of them would notice a circle."""
    paths = (path.relative_to(ROOT).with_suffix("") for path in modules())
    names = [".".join(path.parts).removesuffix(".__init__") for path in paths]

    run = _run(sys.executable, "-c", IMPORT_EACH, *sorted({*names} - {"beat.__main__"}))

    assert (run.stdout, run.returncode) == ("", 0), run.stderr


def test_what_a_worker_starts_from_does_not_load_the_beats_client_of_the_server() -> None:
    program = "import beat.service, beat.cli.worker_verb, sys; print(*sys.modules)"
    loaded = set(_run(sys.executable, "-c", program).stdout.split())

    assert "beat.service" in loaded
    assert not loaded & {"redis", "beat.redis_store"}


def test_each_module_of_the_beat_that_calls_itself_pure_is_held_to_it() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {each["name"]: each for each in settings["tool"]["importlinter"]["contracts"]}
    held = contracts["what decides does no I/O and sees no clock"]["source_modules"]
    pure = [
        path for path in tracked("beat/*.py") if re.search(r"^Pure\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in pure]

    assert len(names) > 20
    assert [name for name in names if not any(f"{name}.".startswith(f"{each}.") for each in held)] == []


def test_no_module_is_named_for_nothing() -> None:
    assert [path.name for path in modules() if NAMES_TO_AVOID.search(path.stem)] == []


def test_all_lists_are_sorted() -> None:
    for path in modules():
        found = re.search(r"^__all__(?:: \S+)? = \[(.*?)\]", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        names = re.findall(r"\"(\w+)\"", found[1]) if found else []
        assert names == sorted(names), path


def test_no_file_names_a_registry_or_somebodys_folder() -> None:
    hosts = "|".join(rf"{name}\.org" for name in ("pypi", "pythonhosted", "npmjs"))
    pattern = re.compile(hosts + "|/(?:root|home)/|/wor" + "k/")
    guilty = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        guilty += [f"{path.relative_to(ROOT)}: {found[0]}" for found in [pattern.search(text)] if found]

    assert guilty == []


def test_no_code_of_ours_unpickles() -> None:
    pattern = re.compile(r"^\s*(import|from) (pickle|marshal|shelve)\b", re.MULTILINE)
    guilty = [path.name for path in modules() if pattern.search(path.read_text(encoding="utf-8"))]

    assert guilty == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_bears_the_name_of_something_its_package_exports(package: str) -> None:
    """Names are loaded lazily; importing such a module would put it in the name's place."""
    exported = set(importlib.import_module(package).__all__)

    assert exported & {path.stem for path in modules() if path.parent.name == package} == set()
