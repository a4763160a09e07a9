"""What was said of late, for who asks from another process."""

from __future__ import annotations

import logging

import pytest

from streamgenre.fleet import news as news_module
from streamgenre.fleet.news import KEPT, News, moment


@pytest.fixture
def news() -> News:
    return News()


def say(news: News, *lines: str) -> None:
    for line in lines:
        news.emit(logging.LogRecord("x", logging.WARNING, "", 0, "%s", (line,), None))


def texts(news: News, after: int) -> list[str]:
    return [item.text for item in news.after(after)]


def test_each_line_is_told_once(news: News):
    say(news, "one", "two")
    found = news.after(0)
    assert [(item.text, item.level) for item in found] == [("one", logging.WARNING), ("two", logging.WARNING)]
    say(news, "three")
    assert texts(news, found[-1].number) == ["three"]


def test_who_comes_later_hears_what_is_said_from_then_on(news: News, monkeypatch: pytest.MonkeyPatch):
    say(news, "before")
    now = moment() + 1000
    monkeypatch.setattr(news_module, "moment", lambda: now + 1)
    say(news, "after", "at the same moment")
    assert texts(news, now) == ["after", "at the same moment"]


def test_a_process_that_begins_anew_counts_on(monkeypatch: pytest.MonkeyPatch):
    first, second = News(), News()
    say(first, *map(str, range(50)))
    last = first.after(0)[-1].number
    monkeypatch.setattr(news_module, "moment", lambda: last + 1)  # time has passed, however little
    say(second, "again")
    assert texts(second, last) == ["again"]


def test_it_keeps_the_last_lines(news: News):
    say(news, *map(str, range(KEPT + 10)))
    assert texts(news, 0)[0] == "10"
