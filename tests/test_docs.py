"""Whatever the documents show is so: their examples run, their files load, their links lead somewhere."""

from __future__ import annotations

import doctest
import shlex
import sys
from pathlib import Path

import click
import pytest
import tomli

from beat import config as configs
from beat.cli.command import VERBS, beat, main
from tests.documents import ROOT, Block, blocks_of, commands_of, documents, links_of, same

OFFLINE = ("next", "explain", "check", "list", "show")
TABLES = ("beat", "calendars", "queues", "schedules", "targets", "worker")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL

each_document = pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))


@each_document
def test_what_a_document_shows_is_so(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("BEAT_CONFIG", "BEAT_URL", "BEAT_TIMEZONE", "BEAT_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("queue_client.sender._shared", [])  # a process of its own would have none, either
    known, namespace = set(sys.modules), {"__name__": "document"}
    try:
        for block in blocks_of(document):
            place = f"{document.relative_to(ROOT)}:{block.line}"
            if block.file:
                path = tmp_path / block.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, "utf-8")
            match block.language:
                case "python":
                    run(block, place, namespace)
                case "pycon" if block.runs:
                    converse(block, place, namespace)
                case "toml" if block.runs:
                    check_settings(block, tmp_path)
                case "console":
                    type_commands(block, place, capsys, monkeypatch)
    finally:
        for name in set(sys.modules) - known:
            found = getattr(sys.modules[name], "__file__", None)
            if found and Path(found).is_relative_to(tmp_path):
                del sys.modules[name]


@each_document
def test_every_link_leads_to_a_file(document: Path) -> None:
    lost = [link for link in links_of(document) if not (document.parent / link).exists()]

    assert lost == []


def run(block: Block, place: str, namespace: dict[str, object]) -> None:
    code = compile("\n" * (block.line - 1) + block.text, place, "exec")
    if block.runs and not block.file:
        exec(code, namespace)


def converse(block: Block, place: str, namespace: dict[str, object]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, {}, place, place, block.line - 1)
    test.globs = namespace
    told: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append, clear_globs=False)
    if told:
        pytest.fail("".join(told), pytrace=False)


def check_settings(block: Block, folder: Path) -> None:
    if set(tomli.loads(block.text)).isdisjoint(TABLES):
        return
    path = folder / ".block" / "beat.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(block.text, "utf-8")
    configs.load(path, {})


def type_commands(
    block: Block, place: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command, told in commands_of(block):
        program, *words = shlex.split(command)
        if program != "beat":
            continue
        if block.runs and told.strip() and words[0] in OFFLINE:
            monkeypatch.setattr(sys, "argv", [program, *words])
            with pytest.raises(SystemExit):
                main()
            out, err = capsys.readouterr()
            if not same(told, out + err):
                pytest.fail(f"{place}: $ {command}\nis said to print\n{told}and prints\n{out + err}", pytrace=False)
        else:
            assert_understood(words, place)


def assert_understood(words: list[str], place: str) -> None:
    while words and words[0].startswith("-"):
        words = words[2 if words[0] == "--config" else 1 :]
    if not words:
        return
    assert words[0] in VERBS, f"{place}: there is no verb {words[0]}"
    with click.Context(beat) as context:
        verb = beat.get_command(context, words[0])
        assert verb is not None
        try:
            verb.make_context(words[0], words[1:], parent=context)
        except click.exceptions.Exit:
            pass
        except click.ClickException as error:
            pytest.fail(f"{place}: beat {shlex.join(words)}: {error.format_message()}", pytrace=False)
