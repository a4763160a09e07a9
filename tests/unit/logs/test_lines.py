"""The formats: plain, with priorities, JSON, for a terminal."""

from __future__ import annotations

import json
import logging

import pytest

from streamgenre.logs import lines
from streamgenre.logs.entry import Entry, entry_of
from streamgenre.logs.terminal import TerminalLines


def record(message: str, *arguments: object, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord(
        "streamgenre.session", logging.WARNING, "/a/session.py", 7, message, arguments, None
    )
    made.__dict__.update(fields, created=1795256130.25)
    return made


def failed() -> logging.LogRecord:
    error = ValueError("http://me:hunter2@bar\nERROR forged: line")
    return record("it broke", exc_info=(ValueError, error, None))


def test_plain_and_timed():
    entry = entry_of(record("%s: %s", "bar", "a\nb"))
    assert lines.plain(entry) == "WARNING streamgenre.session: bar: a b\n"
    assert lines.timed(entry) == "2026-11-21T10:15:30.250Z WARNING streamgenre.session: bar: a b\n"


def test_a_traceback_is_set_in_and_forges_no_line():
    first, *rest = lines.plain(entry_of(failed())).splitlines()
    assert first == "WARNING streamgenre.session: it broke"
    assert rest[-2:] == ["    ValueError: http://***@bar", "    ERROR forged: line"]
    assert all(line.startswith("    ") for line in rest)


def test_each_line_has_its_priority():
    told = lines.prefixed(entry_of(failed())).splitlines()
    assert len(told) == 3
    assert all(line.startswith("<4>") for line in told)


@pytest.mark.parametrize(("level", "number"), [(10, 7), (20, 6), (30, 4), (40, 3), (50, 2)])
def test_priorities_are_those_of_syslog(level, number):
    assert lines.priority(level) == number


def test_json_is_one_object_a_line():
    text = lines.as_json(entry_of(record("bar: \x1b[2J “x”", source="bar")))
    assert text.count("\n") == 1
    assert json.loads(text) == {
        "time": "2026-11-21T10:15:30.250Z",
        "level": "warning",
        "logger": "streamgenre.session",
        "message": "bar: \\x1b[2J “x”",
        "source": "bar",
        "exception": None,
    }
    told = json.loads(lines.as_json(entry_of(failed())))
    assert told["exception"].startswith("ValueError")
    assert "hunter2" not in told["exception"]


def test_a_mistake_in_a_log_call_still_says_what_it_can():
    assert entry_of(record("%d samples", "many")).message == "%d samples ('many',)"


def test_a_terminal_folds_long_lines_under_their_beginning(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    told = TerminalLines(debug=False)(Entry(0.0, logging.WARNING, "streamgenre.x", "word " * 30 + "[red]"))
    first, *rest = told.rstrip("\n").split("\n")
    assert " WARNING  word word" in first
    assert rest
    assert all(line.startswith(" " * 18 + "word") for line in rest)
    assert "[red]" in rest[-1]
    assert max(map(len, [first, *rest])) <= 60
