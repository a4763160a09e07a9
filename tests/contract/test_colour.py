"""On a real terminal: colour where it is wanted, and not one colour with NO_COLOR or --no-color."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from tests.support.command_tree import described

COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
"""Bold and dim are no colours."""
CALL = re.compile(r"=== \d+ ===\r\n")
HELPS = [[*command.path.split()[1:], "--help"] for command in described()]
ANSWERS = [
    ["listen", "--zzz"],
    ["listen", "nowhere.wav"],
    ["classify", "nowhere.wav"],
    ["models", "list"],
    ["models", "show", "genre"],
    ["models", "show", "nothing"],
    ["config", "check", "nowhere.toml"],
    ["config", "schema"],
    ["history", "list", "--database", "nowhere.sqlite"],
    ["service", "print"],
    ["devices"],
]


def on_a_terminal(calls: list[list[str]], folder: Path, **environment: str) -> list[str]:
    """Run each call in a terminal of 80 columns; return what each wrote there, stdout and stderr."""
    (folder / "calls.json").write_text(json.dumps(calls))
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    variables = {**inherited, "TERM": "xterm-256color", "COLUMNS": "80", **environment}
    command = [sys.executable, "-m", "tests.support.coloured", str(folder / "calls.json")]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=variables) as process:
        os.close(theirs)
        said = b""
        while chunk := _read(ours):
            said += chunk
        os.close(ours)
        assert process.wait(120) == 0, said
    return CALL.split(said.decode())[1:]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux tells that nobody holds the other end any more
        return b""


def test_no_command_uses_colour_where_the_environment_wants_none(tmp_path):
    calls = [*HELPS, *ANSWERS]
    for call, said in zip(calls, on_a_terminal(calls, tmp_path, NO_COLOR="1"), strict=True):
        assert said.strip(), call
        assert not COLOUR.search(said), call


def test_a_flag_turns_off_the_colour_that_is_there_without_it(tmp_path):
    calls = [*HELPS[:3], ["models", "show", "--help"], ["classify", "nowhere.wav"]]
    said = on_a_terminal([*calls, *(["--no-color", *call] for call in calls)], tmp_path)
    assert all(COLOUR.search(one) for one in said[: len(calls)])
    assert not any(COLOUR.search(one) for one in said[len(calls) :])
