"""What takes long is shown on a terminal, on stderr alone, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from streamgenre.cli import progress, verification
from streamgenre.cli.endings import Interrupted
from streamgenre.cli.main import app
from tests.support.terminal import OpenTerminal

WAITING = """
import pathlib, sys, time
from streamgenre.cli.progress import waiting
with waiting('compiling [once]'):
    while not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)
print('over')
"""
A_WHILE = """
import time
from streamgenre.cli.progress import waiting
with waiting('compiling'): time.sleep(0.7)
"""
COUNTING = """
import sys
from streamgenre.cli.progress import progress
for number in progress(iter(range(3)), 3, 'verifying'):
    print('answer', number, flush=True)
    if number == 1: sys.stdin.readline()
"""


@pytest.mark.system
def test_what_is_waited_for_is_named_and_wiped(open_terminal: OpenTerminal, tmp_path: Path):
    terminal = open_terminal([sys.executable, "-c", WAITING, str(tmp_path / "ready")], columns=80)
    terminal.wait_for(r"compiling \[once\].*0:00:0")
    (tmp_path / "ready").touch()
    assert terminal.wait_for_end() == 0
    assert "compiling" not in terminal.wait_for("over")


@pytest.mark.system
def test_answers_go_where_stdout_goes_while_a_bar_is_shown(open_terminal: OpenTerminal, tmp_path: Path):
    answers = tmp_path / "answers"
    script = f'"{sys.executable}" -c "$0" >{answers}'
    terminal = open_terminal(["bash", "-c", script, COUNTING], columns=80)
    terminal.wait_for(r"verifying.*1/3")
    terminal.type("\n")
    assert terminal.wait_for_end() == 0
    assert answers.read_text() == "answer 0\nanswer 1\nanswer 2\n"
    assert "answer" not in terminal.screen()


def test_an_interrupted_verification_ends_its_bar(monkeypatch):
    ended: list[str] = []

    def bar(items: Iterable[object], _total: int, what: str) -> Iterator[object]:
        try:
            yield from items
        finally:
            ended.append(what)

    def interrupted(_name: str) -> NoReturn:
        raise Interrupted

    monkeypatch.setattr(progress, "progress", bar)
    monkeypatch.setattr(verification, "verify_one", interrupted)
    with pytest.raises(Interrupted) as caught:  # as main does: what it came through stays alive
        app(args=["models", "verify", "genre", "genre-light"], standalone_mode=False)
    assert (ended, caught.type) == (["verifying"], Interrupted)


@pytest.mark.parametrize(("script", "answers"), [(A_WHILE, 0), (COUNTING, 3)])
def test_off_a_terminal_nothing_is_shown(script: str, answers: int):
    done = subprocess.run(
        [sys.executable, "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    assert (done.stderr, len(done.stdout.splitlines())) == ("", answers)
