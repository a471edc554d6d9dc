"""The reference has every key that is accepted or sent, and no other."""

from __future__ import annotations

import re

import pytest

from beat.config import ENVIRONMENT
from beat.config_tables import BEAT, QUEUE, TARGET, WORKER
from beat.declaration import FIELDS, SPEC_KEYS
from beat.targets import TARGETS
from queue_client.celery_names import DEFAULTS
from queue_client.message import Message
from queue_client.options import SendKeywords, TaskOptions
from tests.documents import ROOT

CONFIG = (ROOT / "docs/reference/config.md").read_text("utf-8")


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def words_of(text: str) -> list[str]:
    """The words in the first cells of a section's tables, in order."""
    cells = re.findall(r"^\| (`[^|]*?) \|", text, re.MULTILINE)
    return [word for cell in cells for word in re.findall(r"`(\w+)`", cell)]


def keys_of(text: str) -> set[str]:
    return set(words_of(text))


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("[beat]", set(BEAT)),
        ("[worker]", set(WORKER)),
        ("[queues.NAME]", set(QUEUE)),
        ("[targets.NAME]", set(TARGET)),
        ("[schedules.NAME]", {*FIELDS, *SPEC_KEYS}),
    ],
)
def test_each_table_has_its_keys(title: str, keys: set[str]) -> None:
    assert keys_of(section(CONFIG, title)) == keys


def test_each_target_is_named() -> None:
    (row,) = re.findall(r"^\| `target` \|.*", CONFIG, re.MULTILINE)

    assert set(re.findall(r'`"(\w+)"`', row)) == set(TARGETS)


def test_each_variable_that_goes_before_the_file_is_named() -> None:
    assert set(re.findall(r"`(BEAT_\w+)`", section(CONFIG, "[beat]"))) == set(ENVIRONMENT)


def test_each_option_of_a_task_and_of_a_sending_is_named() -> None:
    text = (ROOT / "docs/reference/client.md").read_text("utf-8")

    assert keys_of(section(text, "Task options")) >= set(TaskOptions.__dataclass_fields__)
    assert keys_of(section(text, "Sending options")) == set(SendKeywords.__annotations__)


def test_the_envelope_has_the_keys_of_a_message_in_their_order() -> None:
    text = (ROOT / "docs/reference/wire-format.md").read_text("utf-8")

    assert words_of(section(text, "The envelope")) == list(Message.__struct_fields__)


def test_each_setting_of_celery_that_counts_is_named() -> None:
    text = (ROOT / "docs/how-to/from-celery.md").read_text("utf-8")

    assert keys_of(section(text, "Settings")) == set(DEFAULTS)
