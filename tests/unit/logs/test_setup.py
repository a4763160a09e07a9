"""configure_logs in processes of their own: the format it finds, levels, a stderr nobody reads, the end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from streamgenre.settings import LogSettings

SAY = """
import logging, os, sys
from streamgenre.logs import configure_logs, flush_logs, keep_stderr
from streamgenre.settings import LogSettings
{before}
log = logging.getLogger("streamgenre.x")
{then}
"""
FOUR = """
log.debug("a"); log.info("b"); log.warning("http://me:hunter2@c"); log.error("d", extra={"source": "bar"})
logging.getLogger("other").info("e"); logging.getLogger("other").warning("f")
"""


def program(before: str, then: str) -> list[str]:
    return [sys.executable, "-c", SAY.format(before=before, then=then)]


def told(before: str, then: str = FOUR, **environment: str) -> list[str]:
    done = subprocess.run(
        program(before, then),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env=os.environ | environment,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_in_the_foreground_lines_are_plain():
    assert told("configure_logs(debug=False)") == [
        "INFO streamgenre.x: b",
        "WARNING streamgenre.x: http://***@c",
        "ERROR streamgenre.x: d",
        "WARNING other: f",
    ]
    assert "DEBUG streamgenre.x: a" in told("configure_logs(debug=True)")


def test_a_daemon_writes_all_before_it_ends():
    lines = told('configure_logs(debug=False, settings=LogSettings(level="warning", format="json"))')
    assert [(json.loads(line)["message"], json.loads(line)["source"]) for line in lines] == [
        ("http://***@c", None),
        ("d", "bar"),
        ("f", None),
    ]


def test_the_settings_may_change_on_the_way():
    then = """
log.info("z")
configure_logs(debug=False, settings=LogSettings(level="error"))
log.warning("y"); log.error("x")
"""
    first, second = told('configure_logs(debug=False, settings=LogSettings(format="json"))', then)
    assert json.loads(first)["message"] == "z"
    assert second.endswith("Z ERROR streamgenre.x: x")


def test_where_journald_cannot_be_reached_priorities_stand_before_the_lines():
    before = """
found = os.fstat(2)
os.environ["JOURNAL_STREAM"] = f"{found.st_dev}:{found.st_ino}"
from pathlib import Path
from streamgenre.logs import journal
journal.Journal.__init__.__defaults__ = (Path("/nonexistent/socket"),)
configure_logs(debug=False, settings=LogSettings())
"""
    assert told(before) == [
        "<6>INFO streamgenre.x: b",
        "<4>WARNING streamgenre.x: http://***@c",
        "<3>ERROR streamgenre.x: d",
        "<4>WARNING other: f",
    ]


def test_a_dying_thread_and_a_warning_are_log_lines():
    then = """
import threading, warnings
thread = threading.Thread(target=lambda: 1 / 0, name="worker 1"); thread.start(); thread.join()
warnings.warn("old")
"""
    lines = told('configure_logs(debug=False, settings=LogSettings(format="json"))', then)
    died, warned = [json.loads(line) for line in lines]
    assert died["message"] == "the thread 'worker 1' ended by an error: division by zero"
    assert died["exception"].endswith("ZeroDivisionError: division by zero")
    assert "UserWarning: old" in warned["message"]


@pytest.mark.parametrize("settings", ["LogSettings()", "None"])
def test_a_stderr_that_is_closed_ends_nothing(settings):
    words = program(f"configure_logs(debug=True, settings={settings})", f'{FOUR}\nprint("done")')
    done = subprocess.run(
        ["bash", "-c", '"$@" 2>&-', "bash", *words], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "done\n"


def test_a_stderr_nobody_reads_holds_up_nobody_and_the_loss_is_told():
    """Far more is logged than the pipe and the queue hold; only then does somebody read."""
    then = """
for number in range(20_000):
    log.info("line %d %s", number, "x" * 100)
print("logged", flush=True)
sys.stdin.read()
flush_logs(60)
log.info("last")
"""
    with subprocess.Popen(
        program("configure_logs(debug=False, settings=LogSettings())", then),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline() == "logged\n"
        child.stdin.close()
        lines = child.stderr.read().splitlines()
        assert child.wait(60) == 0
    *told_of, last = lines
    assert last.endswith(" streamgenre.x: last")
    expected = lost = 0
    for line in told_of:
        if found := re.search(r": (\d+) log lines were lost", line):
            lost += int(found[1])
            expected += int(found[1])
        else:
            assert f": line {expected} x" in line
            expected += 1
    assert expected == 20_000
    assert lost > 0


def test_nothing_is_lost_while_a_library_turns_descriptor_2_away():
    before = "keep_stderr(); configure_logs(debug=False, settings=LogSettings())"
    then = """
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
log.info("heard all the same")
flush_logs(60)
"""
    (line,) = told(before, then)
    assert line.endswith("heard all the same")


def test_a_daemon_ends_though_nobody_reads():
    then = 'for number in range(20_000): log.info("line %d %s", number, "x" * 100)'
    with subprocess.Popen(
        program("configure_logs(debug=False, settings=LogSettings())", then), stderr=subprocess.PIPE
    ) as child:
        assert child.wait(120) == 0


def test_by_default_it_is_found_out():
    assert LogSettings() == LogSettings("info", "auto")
