"""What the program answers a shell that completes: every command, every option, every choice."""

from __future__ import annotations

import pytest
from typer.main import get_command

from streamgenre.cli.described import Described
from streamgenre.cli.main import PROGRAM, app
from tests.support.command_tree import described

COMMANDS = described()


@pytest.fixture
def offered(monkeypatch, capsys):
    def ask(*words: str) -> set[str]:
        monkeypatch.setenv("_STREAMGENRE_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(words))
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        with pytest.raises(SystemExit):
            get_command(app).main(args=[], prog_name=PROGRAM, standalone_mode=False)
        return set(capsys.readouterr().out.split())

    return ask


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.path)
def test_every_command_and_option_is_offered(command: Described, offered):
    words = command.path.split()
    names = {name for one in (*command.options, *command.everywhere) for name in one.names}
    assert offered(*words, "--") >= {name for name in names if name.startswith("--")}
    if command.commands:
        assert offered(*words, "") == {one.path.split()[-1] for one in command.commands}


@pytest.mark.parametrize("words", ["models show", "models verify", "listen --model", "classify x -m"])
def test_models_are_offered_by_name(words: str, offered):
    assert offered("streamgenre", *words.split(), "genre") == {"genre", "genre-light"}
    assert offered("streamgenre", *words.split(), "./") == set()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.path)
def test_choices_are_offered(command: Described, offered):
    for option in command.options:
        if "|" in option.value:
            assert offered(*command.path.split(), option.names[-1], "") == set(option.value.split("|"))
