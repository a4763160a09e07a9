"""docs/systemd.md followed from top to bottom, as root of a machine with a real systemd."""

from __future__ import annotations

import re

import pytest

from tests.support.doc_snippets import ROOT, SHELL, Command, commands, snippets
from tests.support.systemd import Machine, booted
from tests.support.venue import PROGRAM, UNIT, WITHOUT_BROKER, start_feeder

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(900)]

PAGE = ROOT / "docs" / "systemd.md"
# Who calls it is root already; another user's command runs without asking for a password.
SUDO = """\
#!/bin/bash
if [ "$1" = -iu ]; then exec runuser -u "$2" -- "${@:3}"; fi
exec "$@"
"""
SUDOEDIT = """\
#!/bin/sh
case "$1" in *.toml) cat /srv/configuration >"$1" ;; esac
"""
NOT_HERE = {
    r"--user( |$)|\bnano\b|linger": "the manager of a user; tests/system/test_systemd_kinds.py starts one",
    r"/bin/pip ": "needs packages; tests/system/test_packages.py installs anew",
}
GOES_ON = re.compile(r"journalctl .*-f\b")


def told() -> list[Command]:
    """Every command of the page that can be run here."""
    calls = [call for block in snippets(PAGE) if block.language in SHELL for call in commands(block)]
    return [call for call in calls if not any(re.search(pattern, call.text) for pattern in NOT_HERE)]


def furnish(machine: Machine) -> None:
    """Give the machine the program, somebody called anna, and something to hear."""
    machine.open_folders()
    machine.run("ln", "-s", PROGRAM, "/usr/local/bin/streamgenre")
    machine.write("/usr/local/bin/sudo", SUDO, 0o755)
    machine.write("/usr/local/bin/sudoedit", SUDOEDIT, 0o755)
    machine.write("/srv/configuration", WITHOUT_BROKER)
    machine.add_user("anna")
    start_feeder(machine, "main")


def test_what_the_page_tells_can_be_done_in_its_order():
    with booted() as machine:
        furnish(machine)
        for call in told():
            words = f"timeout 5 {call.text}" if GOES_ON.search(call.text) else call.text
            script = f"set -euo pipefail\n{words}"
            done = machine.run("bash", "-c", script, check=False, seconds=240, input="let-me-in\n")
            said = f"{call.place}: {call.text}\n{done.stdout}{done.stderr}{machine.journal(UNIT)}"
            assert done.returncode in ((124,) if words != call.text else (0,)), said


def test_what_is_left_out_is_there():
    text = PAGE.read_text(encoding="utf-8")
    assert [pattern for pattern in NOT_HERE if not re.search(pattern, text)] == []
