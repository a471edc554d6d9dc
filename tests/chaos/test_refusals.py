"""A server that answers and will not: each kind is told in its own words, nothing is lost, and nobody has to restart.

docs/explanation/faults.md is the table of what is tested here.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from beat.events import SteppedDown, StoreFound
from tests.chaos.runner import LEASE_S, Runner
from tests.servers import Server
from tests.waiting import until

pytestmark = pytest.mark.chaos
Starter = Callable[..., Server]


@pytest.fixture
def server(start_valkey: Starter) -> Server:
    return start_valkey(port=True, appendonly="yes", appendfsync="always", enable_debug_command="yes")


@pytest.fixture
def admin(server: Server) -> Iterator[redis.Redis]:
    """Return the operator's own connection."""
    with server.client(decode_responses=True) as client:
        yield client


@pytest.fixture
def runner(server: Server) -> Runner:
    made = Runner(server, server.url)
    made.declare()
    return made


def refused_and_back(runner: Runner, harm: Callable[[], object], mend: Callable[[], object], *says: str) -> None:
    """Do harm, see it told, see the beat stand down, mend it, and check that all is made up for."""
    with runner.running():
        runner.await_fires()
        harm()
        runner.await_loss(*says)
        time.sleep(LEASE_S)
        mend()
        runner.await_fires()
        runner.await_fires()
    runner.check()
    assert runner.told(SteppedDown)
    assert runner.told(StoreFound)


def test_a_server_that_became_a_replica(runner: Runner, admin: redis.Redis) -> None:
    refused_and_back(
        runner,
        lambda: admin.replicaof("127.0.0.1", 1),
        lambda: admin.replicaof("NO", "ONE"),
        "READONLY",
    )


def test_a_server_out_of_memory(runner: Runner, admin: redis.Redis) -> None:
    refused_and_back(
        runner,
        lambda: admin.config_set("maxmemory", 1),
        lambda: admin.config_set("maxmemory", 0),
        "OOM",
    )


def test_a_disk_that_takes_no_more(start_valkey: Starter) -> None:
    """The file to save to is a folder: saving fails as on a full disk, and the server refuses all writes."""
    server = start_valkey(port=True, save="3600 1000000", dbfilename="dump")
    runner = Runner(server, server.url)
    runner.declare()
    with server.client(decode_responses=True) as admin:

        def save() -> None:
            admin.bgsave()
            until(lambda: not admin.info("persistence")["rdb_bgsave_in_progress"])

        def fill() -> None:
            (server.folder / "dump").unlink(missing_ok=True)
            (server.folder / "dump" / "in the way").mkdir(parents=True)
            save()

        def clear() -> None:
            (server.folder / "dump" / "in the way").rmdir()
            (server.folder / "dump").rmdir()
            save()

        refused_and_back(runner, fill, clear, "MISCONF")


def test_a_right_that_was_taken_away(runner: Runner, server: Server, admin: redis.Redis) -> None:
    admin.acl_setuser("beat", enabled=True, nopass=True, keys="*", channels="*", commands=["+@all"])
    runner.url = server.url.replace("redis://", "redis://beat:x@")

    refused_and_back(
        runner,
        lambda: admin.execute_command("ACL", "SETUSER", "beat", "-evalsha", "-eval"),
        lambda: admin.execute_command("ACL", "SETUSER", "beat", "+evalsha", "+eval"),
        "NOPERM",
    )


def test_a_password_that_was_changed(runner: Runner, server: Server, admin: redis.Redis) -> None:
    admin.acl_setuser("beat", enabled=True, passwords=["+one"], keys="*", channels="*", commands=["+@all"])
    runner.url = server.url.replace("redis://", "redis://beat:one@")

    def change() -> None:
        admin.execute_command("ACL", "SETUSER", "beat", "resetpass", ">two")
        admin.client_kill_filter(user="beat")

    refused_and_back(
        runner,
        change,
        lambda: admin.execute_command("ACL", "SETUSER", "beat", ">one"),
        "WRONGPASS invalid username-password pair",
    )


def test_a_password_that_is_asked_for_all_at_once(runner: Runner, admin: redis.Redis) -> None:
    def ask() -> None:
        admin.config_set("requirepass", "sesame")
        admin.client_kill_filter(_type="normal", skipme=True)

    refused_and_back(runner, ask, lambda: admin.config_set("requirepass", ""), "NOAUTH")


def test_a_server_that_stands_still_for_longer_than_the_lease(runner: Runner, server: Server) -> None:
    """What was sent meanwhile is done when it goes on, after its sender has given up on it."""
    with runner.running():
        runner.await_fires()
        assert server.process is not None
        server.process.send_signal(signal.SIGSTOP)
        runner.await_loss("Timeout")
        time.sleep(2 * LEASE_S)
        server.process.send_signal(signal.SIGCONT)
        runner.await_fires(20)
    runner.check()


def test_a_server_that_is_slow_again_and_again(runner: Runner, admin: redis.Redis) -> None:
    with runner.running():
        for _ in range(4):
            admin.execute_command("DEBUG", "SLEEP", "0.3")
            runner.await_fires()
    runner.check()


def test_a_server_that_takes_long_to_load(start_valkey: Starter) -> None:
    server = start_valkey(
        port=True, appendonly="yes", appendfsync="always", key_load_delay="100",
        loading_process_events_interval_bytes="1024",
    )  # fmt: skip
    runner = Runner(server, server.url)
    runner.declare()
    with server.client() as admin, admin.pipeline(transaction=False) as pipe:
        for number in range(10_000):
            pipe.set(f"ballast{number}", "x")
        pipe.execute()
        admin.bgrewriteaof()
        until(lambda: not admin.info("persistence")["aof_rewrite_in_progress"])
    with runner.running():
        runner.await_fires()
        server.kill()
        server.start()
        runner.await_loss("LOADING")
        runner.await_fires(10)
    runner.check()


def test_scripts_that_the_server_forgets_all_the_time(runner: Runner, admin: redis.Redis) -> None:
    with runner.running():
        for _ in range(10):
            admin.script_flush()
            runner.await_fires(1)
    runner.check()


def test_everything_gone_is_noticed_and_the_beat_goes_on_with_what_is_stored_anew(
    runner: Runner, admin: redis.Redis
) -> None:
    with runner.running():
        runner.await_fires()
        admin.flushall()
        runner.declare()
        runner.await_fires()
    runner.check()
