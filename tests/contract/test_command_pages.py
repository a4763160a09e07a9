"""The manual and docs/commands.md say what the program says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from streamgenre import errors
from streamgenre.cli.endings import INTERRUPTED
from tests.support import command_reference, man_pages
from tests.support.roff import cells, text

ROOT = Path(__file__).parents[2]
WRITTEN = sorted(man_pages.FOLDER.iterdir())
SECTIONS = [
    *("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"),
    *("EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"),
]
VARIABLE = re.compile(r'environ(?:ment)?(?:\.get\(|\[)"([A-Z_]+)"')
UNTOLD = {"JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "PYTHONPATH", "SUDO_USER"}
"""Between programs; nobody sets them by hand."""


def page() -> str:
    return command_reference.PAGE.read_text(encoding="utf-8")


def test_the_page_of_commands_is_current():
    assert command_reference.with_reference(page()) == page(), "python -m tests.support.command_reference"


def test_the_manual_is_current():
    found = {path.name: path.read_text(encoding="ascii") for path in WRITTEN}
    assert found == man_pages.pages(), "python -m tests.support.man_pages"


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_a_page_of_the_manual_has_what_people_look_for(path: Path):
    headings = re.findall(r"^\.SH (.*)$", path.read_text(encoding="ascii"), re.MULTILINE)
    assert [heading for heading in headings if heading in SECTIONS] == SECTIONS
    assert ("FILES" in headings) == (path.name == "streamgenre.1")


def test_the_manual_is_typeset_without_a_warning():
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    words = ["groff", "-ww", "-man", "-Tutf8", "-P-cbou", *WRITTEN]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "streamgenre listen [OPTIONS] [SOURCE]" in done.stdout


def test_every_exit_code_is_told():
    told = {int(code) for code, _ in cells(page(), "Exit codes")}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert told == {0, INTERRUPTED, *(kind.exit_code for kind in kinds)}


def test_every_variable_is_told():
    told = {name for names, _ in cells(page(), "Environment") for name in re.findall(r"`(\w+)`", names)}
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "streamgenre").rglob("*.py"))
    asked = {name for source in sources for name in VARIABLE.findall(source)} - UNTOLD
    assert "NO_COLOR" in asked
    assert {name for name in asked if name not in told and "__" not in name} == set()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("a-b", "a\\-b"),
        (".so x", "\\&.so x"),
        ("'tis ~/x\\y", "\\(aqtis \\(ti/x\\(rsy"),
        ("1–2…", "1\\[u2013]2\\[u2026]"),
    ],
)
def test_words_are_escaped(words: str, wanted: str):
    assert text(words) == wanted
