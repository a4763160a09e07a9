"""The terminal of the tests shows what a person would see."""

from __future__ import annotations

import pytest

from tests.support.terminal import OpenTerminal

pytestmark = pytest.mark.system


def test_it_types_shows_resizes_and_tells_the_exit_status(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(["bash", "--norc"], columns=72, rows=20, environment={"PS1": "ready> "})
    terminal.wait_for("^ready>")
    terminal.type("stty size; echo gr$((40 + 2))\n")
    assert "20 72" in terminal.wait_for("^gr42$")
    terminal.resize(60, 10)
    terminal.type("stty size\n")
    terminal.wait_for("^10 60$")
    terminal.type("echo asleep; sleep 60\n")
    terminal.wait_for("^asleep$")
    assert terminal.echoes_keys
    terminal.press("C-c")
    terminal.wait_for(r"\^C\n+ready>")
    terminal.type("exit 7\n")
    assert terminal.wait_for_end() == 7


def test_it_sees_modes_left_behind_and_colours(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(["bash", "--norc"], environment={"PS1": "ready> "})
    terminal.wait_for("^ready>")
    terminal.type(r"tput civis; tput smcup; printf '\e[31mred\e[0m\n'; stty -echo" + "\n")
    terminal.wait_for("^red$")
    assert terminal.shows_alternate_screen
    assert not terminal.cursor_is_visible
    assert "\x1b[31m" in terminal.screen(styled=True)


def test_closing_ends_a_command_that_refuses_to_hang_up(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(["bash", "-c", "trap '' HUP TERM; echo deaf; while true; do sleep 1; done"])
    terminal.wait_for("^deaf$")
    terminal.close()
    assert not terminal.is_running
