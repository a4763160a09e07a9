"""Text of strangers in a log line: no second line, no escape, no password."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.logs.safe_text import MOST_LETTERS, one_line, some_lines


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("plain", "plain"),
        ("Motörhead – 東京　駅", "Motörhead – 東京 駅"),
        ("one\r\nERROR streamgenre: forged", "one ERROR streamgenre: forged"),
        ("red \x1b[31m", "red \\x1b[31m"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("half \udc80", "half \\udc80"),
        ("http://me:hunter2@radio.example/a: HTTP 403", "http://***@radio.example/a: HTTP 403"),
        ("mqtt://me:hun/ter2@bar refused", "mqtt://***@bar refused"),
        ("http:/me:hunter2@radio.example/a", "http:/***@radio.example/a"),
        ("GET http://radio.example/a?token=hunter2&x=1", "GET http://radio.example/a?token=***&x=1"),
        ("connected to the broker at mqtt://bar:1883", "connected to the broker at mqtt://bar:1883"),
        ("monitor:a@b: no samples", "monitor:a@b: no samples"),
    ],
)
def test_it_is_shown_on_one_line_without_secrets(text, told):
    assert one_line(text) == told


@given(st.text())
def test_nothing_gets_through_that_a_terminal_or_reader_would_obey(text):
    assert one_line(text).isprintable()
    assert some_lines(text).replace("\n", "").isprintable()


def test_a_password_is_not_found_where_the_line_is_cut():
    for length in range(MOST_LETTERS - 30, MOST_LETTERS):
        told = one_line("x " * (length // 2) + "http://me:hunter2@radio.example/" + "y" * 100)
        assert "hunter" not in told
        assert len(told) <= MOST_LETTERS + 10


def test_of_a_long_traceback_the_end_is_kept():
    told = some_lines("first\n" + "middle\n" * MOST_LETTERS + "ValueError: http://me:hunter2@bar")
    assert "first" not in told
    assert told.endswith("middle\nValueError: http://***@bar")
