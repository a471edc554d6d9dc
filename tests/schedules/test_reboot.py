"""@reboot parses, is an event, and fires at no time that could be told."""

import pickle
from datetime import UTC, datetime

from schedules import crontab, from_spec

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_an_event_has_no_fire_time() -> None:
    event = crontab("@reboot")

    assert event.never
    assert event.next_after(NOW) is None
    assert event.previous_before(NOW) is None
    assert not event.matches(NOW)
    assert event.explain(NOW).text == "it never fires"


def test_all_events_are_one() -> None:
    event = crontab("CRON_TZ=Europe/Riga @reboot")

    assert event == crontab("@reboot") == from_spec(event.to_spec()) == pickle.loads(pickle.dumps(event))
    assert hash(event) == hash(crontab("@reboot"))
    assert (event.canonical(), repr(event)) == ("@reboot", "crontab('@reboot')")
