"""Where the program is, as a unit names it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from streamgenre.errors import UsageError
from streamgenre.service import program
from streamgenre.service.installation import units
from streamgenre.service.layout import SERVICE, SYSTEM, user_layout
from streamgenre.service.program import Program, installed_program, outermost, unit_word


@pytest.mark.skipif(
    any(folder in Path(sys.prefix).resolve().parents for folder in program.FLEETING),
    reason="wants a checkout that lies where a service may run from",
)
def test_the_program_that_runs_is_found_and_starts():
    found = installed_program()
    assert Path(found.words[0]).is_absolute()
    done = subprocess.run(
        [*found.words, "--version"], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.startswith("streamgenre ")
    needed = (Path(sys.executable).resolve(), Path(program.__file__), Path(found.words[0]))
    assert all(any(folder in path.parents for folder in found.folders) for path in needed)


def test_without_a_script_the_interpreter_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    monkeypatch.setattr(program, "FLEETING", ())
    monkeypatch.setattr(sys, "argv", ["-c"])
    assert installed_program().words == (sys.executable, "-m", "streamgenre.cli")


def test_what_the_next_boot_would_not_find_is_refused(monkeypatch):
    monkeypatch.setattr(program, "FLEETING", (Path(sys.prefix).parent,))
    with pytest.raises(UsageError, match="install streamgenre elsewhere"):
        installed_program()


def test_folders_in_others_are_left_out():
    folders = {Path("/opt/venv"), Path("/opt/venv/bin"), Path("/opt/venvs"), Path("/usr")}
    assert outermost(folders) == (Path("/opt/venv"), Path("/opt/venvs"), Path("/usr"))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("/usr/bin/streamgenre", "/usr/bin/streamgenre"),
        ("/opt/my venv/bin/x", '"/opt/my venv/bin/x"'),
        ("/opt/100%/x", "/opt/100%%/x"),
        ('/opt/"x"', '"/opt/\\"x\\""'),
        ("/opt/a\\b", '"/opt/a\\\\b"'),
    ],
)
def test_a_word_is_written_as_systemd_reads_it(word, expected):
    assert unit_word(word) == expected


@pytest.mark.parametrize("word", ["/opt/$HOME/x", "/opt/a\nExecStart=/bin/sh"])
def test_a_word_that_systemd_cannot_take_is_refused(word):
    with pytest.raises(UsageError, match="elsewhere"):
        unit_word(word)


def test_a_program_below_home_is_shown_to_the_system_service_alone():
    below = Program(("/home/a/venv/bin/streamgenre",), (Path("/home/a/100%"), Path("/usr")))
    assert below.hidden_folders == (Path("/home/a/100%"),)
    drop_in = units(SYSTEM, below, 252)[f"{SERVICE}.d/program.conf"]
    assert 'ProtectHome=tmpfs\nBindReadOnlyPaths="/home/a/100%%"\n' in drop_in
    assert set(units(user_layout(), below, 252)) == {SERVICE}
    assert "ExecStart=/home/a/venv/bin/streamgenre run " in units(SYSTEM, below, 252)[SERVICE]
