"""What every result backend promises."""

from __future__ import annotations

from threading import Thread

import pytest

from queue_client import Client
from queue_client.backends import Kept, ResultBackend, backend_of
from queue_client.errors import BrokerUnavailable, ConfigurationError
from queue_client.keys import Keys
from tests.queue_client.working import working


def test_a_record_is_found_as_it_was_kept(backend: ResultBackend) -> None:
    backend.keep([Kept("a", b'{"status":"SUCCESS"}', 60_000), Kept("b", b"\x81\xa6\x00\xff\r\n", 60_000)])

    assert backend.find(["b", "none", "a"]) == [b"\x81\xa6\x00\xff\r\n", None, b'{"status":"SUCCESS"}']


def test_the_last_record_counts(backend: ResultBackend) -> None:
    backend.keep([Kept("a", b"1", 60_000)])
    backend.keep([Kept("a", b"2", 60_000), Kept("a", b"3", 60_000)])

    assert backend.find(["a"]) == [b"3"]


def test_what_is_forgotten_is_gone(backend: ResultBackend) -> None:
    backend.keep([Kept("a", b"1", 60_000), Kept("b", b"2", 60_000)])
    backend.forget(["a", "none"])

    assert backend.find(["a", "b"]) == [None, b"2"]


def test_hundreds_are_kept_and_found_at_once(backend: ResultBackend) -> None:
    backend.keep([Kept(f"t{number}", b"%d" % number, 60_000) for number in range(600)])

    assert backend.find([f"t{number}" for number in range(600)]) == [b"%d" % number for number in range(600)]


def test_another_program_finds_it_too(address: str, backend: ResultBackend) -> None:
    backend.keep([Kept("a", b"1", 60_000)])
    other = backend_of(address)

    assert other.find(["a"]) == [b"1"]
    other.close()


def test_a_long_life_is_not_cut_short(backend: ResultBackend) -> None:
    """Forty days: Memcached takes such a number for a moment in 1970."""
    backend.keep([Kept("a", b"1", 40 * 86_400_000)])

    assert backend.find(["a"]) == [b"1"]


def test_threads_do_not_disturb_each_other(backend: ResultBackend) -> None:
    def keep(number: int) -> None:
        for turn in range(10):
            backend.keep([Kept(f"{number}-{turn}", b"x", 60_000), Kept("same", b"x", 60_000)])
        if hasattr(backend, "alias"):
            backend.close()  # a thread of Django closes its own connection

    threads = [Thread(target=keep, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert backend.find([f"{number}-{turn}" for number in range(3) for turn in range(10)]) == [b"x"] * 30


def test_after_closing_it_opens_again(backend: ResultBackend) -> None:
    backend.keep([Kept("a", b"1", 60_000)])
    backend.close()

    assert backend.find(["a"]) == [b"1"]


def test_results_outlive_the_server(address: str, redis_url: str, namespace: str) -> None:
    """Values, errors, and the errors of what could not run: all are found when the server has dropped them."""
    client = Client(redis_url, namespace, backend=address)

    @client.task
    def half(x: int) -> float:
        return 6 / x

    with working(client):
        good = half.delay(2)
        bad = (half.s(0) | half.s())()
        values = [good.get(timeout=10), type(bad.get(timeout=10, propagate=False))]
    keys = Keys(namespace)
    dropped = [keys.result(each.id) for each in (good, bad, bad.parent)]
    _drop(redis_url, dropped)

    assert values == [3.0, ZeroDivisionError]
    assert client.result(good.id).get(timeout=0) == 3.0
    assert [client.result(each.id).status for each in (good, bad.parent, bad)] == ["SUCCESS", "FAILURE", "FAILURE"]
    client.result(good.id).forget()
    assert client.result(good.id).status == "PENDING"
    client.close()


def _drop(url: str, keys: list[str]) -> None:
    import redis

    with redis.Redis.from_url(url) as connection:
        assert connection.delete(*keys) == len(keys)


@pytest.mark.parametrize("absent", ["db+sqlite:////nowhere/at/all.db", "cache+memcached:///nowhere/at/all.sock"])
def test_an_absent_backend_is_told_as_such(absent: str) -> None:
    backend = backend_of(absent)

    with pytest.raises(BrokerUnavailable, match="nowhere"):
        backend.find(["a"])
    backend.close()


def test_an_unknown_backend_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="known are db\\+postgresql"):
        backend_of("mongodb://host")
