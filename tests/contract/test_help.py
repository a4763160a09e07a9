"""`--help` on every level: it says all, it fits a page, its examples are calls that the program takes."""

from __future__ import annotations

import pytest

from streamgenre.cli.described import Described
from streamgenre.cli.help_page import help_text
from tests.support.command_tree import calls, described, parsed
from tests.support.program import run

COMMANDS = described()


def name(command: Described) -> str:
    return command.path


def test_the_whole_tree_is_looked_at():
    paths = {command.path for command in COMMANDS}
    assert {
        "streamgenre",
        "streamgenre listen",
        "streamgenre models verify",
        "streamgenre config init",
    } <= paths


@pytest.mark.parametrize("command", COMMANDS, ids=name)
def test_everything_has_its_help(command: Described):
    assert command.summary
    for one in (*command.arguments, *command.options, *command.everywhere):
        assert one.meaning, one.names


@pytest.mark.parametrize("command", COMMANDS, ids=name)
def test_its_examples_are_calls_of_it(command: Described):
    assert command.examples
    for example in command.examples:
        found = list(calls(example))
        assert found, example
        assert any(parsed(words).startswith(command.path) for words in found), example


@pytest.mark.parametrize("command", COMMANDS, ids=name)
def test_it_fits_80_columns(command: Described, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    text = help_text(command)
    head, _, examples = text.partition("\nExamples:\n")
    assert [line for line in head.splitlines() if len(line) > 80 or line != line.rstrip()] == []
    assert examples.splitlines() == [f"  {example}" for example in command.examples]
    for one in (*command.arguments, *command.options, *command.everywhere):
        assert all(each in head for each in one.names)


@pytest.mark.parametrize("columns", ["40", "20", "0"])
@pytest.mark.parametrize("command", COMMANDS, ids=name)
def test_nothing_of_it_is_cut_where_it_is_narrow(command: Described, columns: str, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("NO_COLOR", "1")
    whole = "".join(help_text(command).split())
    for one in (*command.arguments, *command.options, *command.everywhere):
        assert all(each in whole for each in one.names)
        assert "".join(one.meaning.split()) in whole


def test_asked_for_it_is_printed_and_nothing_else():
    for words in (("--help",), ("models", "-h"), ("history", "list", "--help")):
        done = run(*words, COLUMNS="80", NO_COLOR="1")
        command = next(one for one in COMMANDS if one.path.split()[1:] == list(words[:-1]))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"Usage: {command.usage}\n\n")
        assert all(example in done.stdout for example in command.examples)


@pytest.mark.parametrize("words", [(), ("models",)])
def test_a_group_without_words_shows_its_help_and_exits_2(words):
    done = run(*words)
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.rstrip() == run(*words, "--help").stdout.rstrip()
