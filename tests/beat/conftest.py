"""What the beat's tests share."""

from __future__ import annotations

import pytest

from tests.beat.house import House


@pytest.fixture
def house() -> House:
    """Return a whole beat in memory."""
    return House()
