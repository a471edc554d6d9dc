"""A forked process is as much a process of its own as one that Python's start made."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

from tests.forked import Forked
from tests.journeys.service import run

SHOW = """
import json, os, sys, warnings
print(json.dumps([sys.argv[1:], sys.path[0], os.getcwd(), dict(os.environ), os.getsid(0), os.getpid(), __name__]))
print(len(os.listdir("/dev/fd")), file=sys.stderr)
warnings.warn("told")
sys.exit(3)
"""


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        (tmp_path / "program.py").write_text(text, "utf-8")
        return str(tmp_path / "program.py")

    return write


def test_it_has_its_own_words_folder_environment_and_descriptors(program: Callable[[str], str], tmp_path: Path) -> None:
    done = run([program(SHOW), "a", "b"], tmp_path, {"ONE": "1"})

    words, place, folder, environ, session, pid, name = json.loads(done.stdout)
    assert (words, place, folder, environ, name) == (["a", "b"], str(tmp_path), str(tmp_path), {"ONE": "1"}, "__main__")
    assert session != pid
    assert done.stderr.startswith("4\n"), "the fourth is how the folder is listed"
    assert (done.returncode, "UserWarning: told" in done.stderr) == (3, True)


def test_a_strict_one_ends_at_a_warning(program: Callable[[str], str], tmp_path: Path) -> None:
    assert run([program(SHOW)], tmp_path, {}, strict=True).returncode == 1


def test_it_is_waited_for_and_killed(program: Callable[[str], str], tmp_path: Path) -> None:
    process = Forked([program("import time; time.sleep(60)")], tmp_path, {}, own_session=True)

    assert os.getsid(process.pid) == process.pid
    with pytest.raises(TimeoutExpired):
        process.wait(0.01)
    process.kill()
    assert process.wait(10) == process.poll() == -signal.SIGKILL
    process.kill()  # is nothing any more


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is not this one's child")
def test_one_that_is_forgotten_is_killed(program: Callable[[str], str], tmp_path: Path) -> None:
    process = Forked([program("import time; time.sleep(60)")], tmp_path, {})
    ended = os.pidfd_open(process.pid)

    del process

    assert select.select([ended], [], [], 10)[0]
    os.close(ended)
