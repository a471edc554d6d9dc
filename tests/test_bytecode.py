"""The tests' bytecode is where pytest looks for it, so that a test process makes none of its own."""

from __future__ import annotations

from pathlib import Path

from _pytest.assertion import rewrite

from tests.bytecode import cached, prepare


def test_pytest_takes_what_was_prepared_and_it_is_prepared_anew_after_a_change(tmp_path: Path) -> None:
    module = tmp_path / "test_a.py"
    module.write_text("def test_a():\n    assert 1 == 2\n")

    prepare(module)
    taken = rewrite._read_pyc(module, cached(module))
    module.write_text("def test_b():\n    assert 1 == 2\n")
    stale = rewrite._read_pyc(module, cached(module))
    prepare(module)
    again = rewrite._read_pyc(module, cached(module))

    assert taken is not None
    assert "test_a" in taken.co_names
    assert "@pytest_ar" in taken.co_names
    assert stale is None
    assert again is not None
    assert "test_b" in again.co_names
