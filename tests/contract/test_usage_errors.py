"""Called wrongly on any level: two lines that say what is wrong and what would be right, exit 2."""

from __future__ import annotations

import pytest
import typer
from typer.main import get_command

from streamgenre.cli.described import Described, describe
from streamgenre.cli.main import PROGRAM, app
from streamgenre.cli.usage_errors import told
from tests.support.command_tree import described
from tests.support.program import run

COMMANDS = described()
GROUPS = [command for command in COMMANDS if command.commands]
WRONG = {
    "lissen x": "no such command 'lissen'; did you mean 'listen'?",
    "models xyz": "no such command 'xyz'; there are list, show, verify and add",
    "listen --hopp 3": "no such option: --hopp; did you mean --help or --hop?",
    "devices --form json": "no such option: --form; there are --json, --debug, --no-color, --version and",
    "listen --hop 9": "--hop: 9 is no number from 0.1 to 3.0",
    "listen --hop soon": "--hop: soon is no number from 0.1 to 3.0",
    "listen --hop nan": "--hop: nan is no",
    "listen --duration 0": "--duration: 0 is no number of at least 0.1",
    "listen --hop": "--hop needs a value: --hop SECONDS",
    "history list --since": "--since needs a value: --since TIME",
    "history export --format": "--format needs a value: --format FORMAT",
    "listen --smoothing mean": "--smoothing: 'mean' is not one of 'hmm', 'ema', 'vote', 'none'",
    "listen two words.wav": "too many words: words.wav; a name with spaces stands in quotes",
    "models show": "MODEL is missing: a model's name, or its folder",
    "classify": "PATH is missing: files, and folders to search for audio",
    "classify x --jobs 0": "--jobs/-j: 0 is no number of at least 1",
    "classify x --jobs 2.5": "--jobs/-j: 2.5 is no whole number of at least 1",
    f"classify x --jobs {'9' + '0' * 5000}": f"--jobs/-j: 9{'0' * 59}… is no whole number of at least 1",
    f"listen --hop {'9' * 500}": f"--hop: {'9' * 60}… is no number from 0.1 to 3.0",
    "listen --\x1b[31m": "no such option: --\\x1b[31m; there are",
    "history export": "FILE is missing: its suffix says the format",
    "devices --json=yes": "option '--json' does not take a value",
}


def refused(words: list[str]) -> list[str]:
    with pytest.raises(typer.TyperException) as caught:
        app(args=words, prog_name=PROGRAM, standalone_mode=False)
    return told(caught.value, describe(get_command(app), PROGRAM)).splitlines()


@pytest.mark.parametrize("words", WRONG, ids=lambda words: words[:40])
def test_what_is_wrong_is_told_with_the_way_out(words: str):
    lines = refused(words.split())
    assert lines[0].startswith(f"streamgenre: {WRONG[words]}")
    assert lines[1].startswith("Usage: streamgenre ")
    assert len(lines) == 2


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.path)
def test_an_unknown_option_is_refused_on_every_level(command: Described):
    first, usage = refused([*command.path.split()[1:], "--zzz"])
    assert first.startswith("streamgenre: no such option: --zzz; there are ")
    assert usage == f"Usage: {command.usage}; {command.path} --help tells more"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.path)
def test_a_command_that_is_almost_right_is_guessed(group: Described):
    for one in group.commands:
        path, _, name = one.path.rpartition(" ")
        first, usage = refused([*path.split()[1:], f"{name}x"])
        assert first.startswith(f"streamgenre: no such command '{name}x'; did you mean '{name}'")
        assert usage == f"Usage: {group.usage}; {group.path} --help tells more"


def test_the_program_says_it_on_stderr_and_exits_2():
    done = run("listen", "--hop", "9")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == refused(["listen", "--hop", "9"])
