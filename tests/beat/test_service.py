"""The service: what may happen while it starts."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pytest

from beat import declarer, service
from beat.application import Application
from beat.config import load
from beat.errors import StoreUnreachable
from beat.live import LiveLog


def test_a_server_that_is_lost_right_after_the_declaration_is_waited_for(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A beat that ended for that would be missing when the leader dies."""
    (tmp_path / "beat.toml").write_text('[beat]\nstart_wait = "1ms"\n')
    stop, said = threading.Event(), io.StringIO()
    answers = iter([StoreUnreachable(redis_url, "reset"), StoreUnreachable(redis_url, "reset"), []])

    def relays_of(*_: Any) -> Any:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        stop.set()
        return answer

    monkeypatch.setattr(service, "relays_of", relays_of)
    monkeypatch.setattr(service, "catch_signals", lambda *_: None)
    monkeypatch.setattr(declarer, "PAUSE_S", 0.0)

    service._run(load(tmp_path, env={}), service.Parts(), Application({}, ()), redis_url, LiveLog(said), stop)

    assert next(answers, None) is None
    assert "store lost" in said.getvalue()
