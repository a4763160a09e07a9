"""The same warning again and again is told once, then counted; nothing else is held back."""

from __future__ import annotations

import logging
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from streamgenre.logs.entry import Entry
from streamgenre.logs.repeats import COUNTED_SECONDS, Repeats

AWAY = Entry(1000.0, logging.WARNING, "streamgenre.x", "the disk is full")
BACK = replace(AWAY, level=logging.INFO, message="the disk has room again")


def told(repeats: Repeats, entries: list[tuple[float, Entry]]) -> list[str]:
    return [one.message for now, entry in entries for one in (*repeats.due(now), *repeats.take(entry, now))]


def test_the_count_is_told_when_something_else_is_said():
    seen = told(Repeats(), [(0.0, AWAY), (1.0, AWAY), (5.0, AWAY), (9.0, BACK)])
    assert seen == ["the disk is full", "the disk is full (2 times more within 9 s)", BACK.message]


def test_the_count_is_told_each_minute_while_it_goes_on():
    seen = told(Repeats(), [(float(second), AWAY) for second in range(150)])
    assert seen == [AWAY.message, f"{AWAY.message} (59 times more within 60 s)"] * 2 + [AWAY.message]


def test_the_count_is_told_though_nothing_more_is_said():
    repeats = Repeats()
    assert told(repeats, [(0.0, AWAY), (1.0, AWAY)]) == [AWAY.message]
    assert [*repeats.due(COUNTED_SECONDS - 1)] == []
    assert [one.message for one in repeats.due(COUNTED_SECONDS)] == [
        f"{AWAY.message} (once more within 60 s)"
    ]
    assert [*repeats.due(COUNTED_SECONDS * 9)] == []


def test_a_count_carries_the_source_and_no_traceback():
    entry = replace(AWAY, source="bar", exception="Traceback\nValueError: x")
    repeats = Repeats()
    assert told(repeats, [(0.0, entry), (1.0, entry)]) == [AWAY.message]
    (count,) = repeats.end(2.0)
    assert (count.source, count.exception, count.time) == ("bar", None, 1002.0)


def test_others_in_between_do_not_end_it_and_are_not_touched():
    other = replace(AWAY, logger="streamgenre.y")
    bar = replace(AWAY, source="bar")
    seen = told(Repeats(), [(float(n), one) for n in range(3) for one in (AWAY, other, bar)])
    assert len(seen) == 3


def test_what_is_no_warning_is_told_each_time():
    assert len(told(Repeats(), [(0.0, BACK), (0.0, BACK)])) == 2


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.floats(0, 30)), max_size=30))
def test_all_are_told_or_counted(said):
    now, repeats, out = 0.0, Repeats(), list[Entry]()
    for logger, message, pause in said:
        now += pause
        out += repeats.due(now)
        out += repeats.take(replace(AWAY, logger=logger, message=message), now)
    out += repeats.end(now)
    counts = (one.message.partition("(")[2].partition(" ")[0] for one in out)
    assert sum(1 if word in ("", "once") else int(word) for word in counts) == len(said)
