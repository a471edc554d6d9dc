"""The house stays small: these marks may only be tightened."""

from __future__ import annotations

from statistics import median, quantiles

from tests.architecture.sources import ROOT, functions, modules, tracked, unignored


def _lengths() -> dict[str, int]:
    return {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}


def test_an_unpacked_archive_has_the_same_modules_as_a_clone() -> None:
    """Where there is no git, the marks below must not hold for want of anything to measure."""
    named = {ROOT / name for name in unignored()}

    assert modules()
    assert {*modules(), *tracked("*/lua/*.lua")} <= named


def test_no_module_is_over_300_lines() -> None:
    assert {name: length for name, length in _lengths().items() if length > 300} == {}


def test_the_median_module_is_at_most_130_lines() -> None:
    assert median(_lengths().values()) <= 130


def test_no_function_is_over_45_lines_or_nests_deeper_than_three_and_nine_of_ten_are_at_most_22_lines() -> None:
    """One test: to read every function takes most of its time."""
    found = [f for path in modules() for f in functions(path)]

    assert [f.place for f in found if f.lines > 45] == []
    assert [f.place for f in found if f.nesting > 3] == []
    assert quantiles([f.lines for f in found], n=10)[-1] <= 22


def test_every_script_of_the_server_is_short_and_opens_with_its_contract() -> None:
    for path in tracked("*/lua/*.lua"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 80, path.name
        if "a part of other" in lines[0]:  # it is put into scripts that open with `#!lua`
            continue
        assert lines[0] in {"#!lua", "#!lua flags=allow-oom"}, path.name
        assert lines[1].startswith(f"-- {path.name}: "), path.name
        assert any(line.startswith("-- Returns") for line in lines), path.name
