"""Pages, sheets and pictures of a report: whole, harmless, and readable without colours."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from streamgenre.errors import StreamgenreError
from streamgenre.publish.dashboard.palette import GENRE_COLOURS
from streamgenre.publish.history_chart import chart
from streamgenre.publish.history_colours import PATTERNS, STATUS_LOOKS, labels_shown, look, shown_as
from streamgenre.publish.history_csv import EVENT_COLUMNS, events_csv, report_csv
from streamgenre.publish.history_file import milliseconds
from streamgenre.publish.history_html import page
from streamgenre.publish.history_reader import HistoryQuery, HistoryReader
from streamgenre.publish.history_report import report
from streamgenre.publish.history_summary import lasted, summary
from streamgenre.publish.history_text import length, percent, printable
from tests.support.history_files import write_history
from tests.support.synthetic_week import START, event, events, segment, state

ZONE = START.tzinfo
HOUR = timedelta(hours=1)
NASTY = "=cmd|'/c calc'!A1\x1b[31m <script>alert(1)</script>\u202e & \"x\""


def report_of(path, days=7):
    ends = START + timedelta(days=days)
    with HistoryReader(path) as reader:
        return report(reader, HistoryQuery(since_ms=milliseconds(START), until_ms=milliseconds(ends)), ZONE)


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    return report_of(write_history(tmp_path_factory.mktemp("week") / "h.sqlite", events()))


@pytest.fixture
def nasty(tmp_path):
    played = [
        segment(START, START + 9 * HOUR, seq=1, title=NASTY),
        event("title", START, {"title": "  -1+2", "previous": "+49 30"}, 2),
        event("source", START, {"state": "online", "reason": None}, 3),
        segment(START + 9 * HOUR, START + 10 * HOUR, genre="<b>", seq=4, title=None),
    ]
    return write_history(tmp_path / "nasty.sqlite", played)


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_a_page_is_whole_in_itself_and_shows_titles_as_text(nasty):
    text = "".join(page(report_of(nasty)))
    tags = Tags(text).found
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "b", "object"}
    assert not {name for _, attributes in tags for name in attributes} & {"src", "href", "onload", "onclick"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "http" not in re.sub("http-equiv", "", text)


def test_a_page_of_a_week_has_a_row_a_day_and_names_what_it_shows(week):
    text = "".join(page(week))
    assert text.count("<rect") >= len(week.sources[0].stretches)
    assert all(f">{word}</text>" in text for word in ("Sat 14 Nov", "Fri 20 Nov", "rock", "classical"))
    assert "Dead air 2 ×" in text
    assert text.count("<title>dead air</title>") == 2


def test_time_in_which_nothing_was_to_be_heard_is_told(week):
    one = week.sources[0]
    told = summary(one)
    assert told == (
        "7 d 0 h followed of 7 d 0 h, 1 h 32 min of it no signal, 4:34 min of it silence."
        " Dead air 2 ×, 3:10 min in all."
    )
    assert summary(replace(one, statuses=Counter(music=1), alarms=[])) == (
        "7 d 0 h followed of 7 d 0 h. No dead air."
    )


@pytest.mark.parametrize(
    ("noted_hours_ago", "told"), [(0, "3 h 00 min, going on"), (2, "1 h 00 min, no end told")]
)
def test_what_was_not_noted_for_long_is_not_said_to_go_on(tmp_path, noted_hours_ago, told):
    ends = START + timedelta(days=7)
    played = [state(ends - 3 * HOUR, ends - noted_hours_ago * HOUR)]
    made = report_of(write_history(tmp_path / "h.sqlite", played))
    (stretch,) = made.sources[0].longest
    assert lasted(made, stretch) == told


def test_days_that_are_drawn_thin_have_no_words_in_them(tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `charts` is not installed")
    played = [segment(START + n * 24 * HOUR, START + (n * 24 + 20) * HOUR, seq=n + 1) for n in range(100)]
    path = write_history(tmp_path / "h.sqlite", played)
    outline = b"stroke-width: 2.5"
    week, quarter = (chart(report_of(path, days), "svg").count(outline) for days in (7, 100))
    assert week >= 7
    assert quarter == 0


def test_a_sheet_never_computes_what_a_station_sent(nasty):
    with HistoryReader(nasty) as reader:
        rows = reader.rows(HistoryQuery(types=("segment", "title", "source")))
        table = list(csv.DictReader(io.StringIO("".join(events_csv(rows, ZONE)))))
    assert list(table[0]) == list(EVENT_COLUMNS)
    by_number = {row["seq"]: row for row in table}
    assert by_number["1"]["title"] == "'=cmd|'/c calc'!A1[31m <script>alert(1)</script> & \"x\""
    assert by_number["1"]["start"] == "2026-11-14T00:00:00.000+01:00"
    assert (by_number["1"]["seconds"], by_number["3"]["state"], by_number["3"]["end"]) == (
        "32400.0",
        "online",
        "",
    )
    assert (by_number["2"]["title"], by_number["2"]["previous"]) == ("'  -1+2", "'+49 30")


def test_a_report_as_a_sheet_adds_up(week):
    table = list(csv.DictReader(io.StringIO("".join(report_csv(week)))))
    kinds = ("total", "day", "hour", "hour_of_day")
    sums = {kind: sum(float(row["seconds"]) for row in table if row["period"] == kind) for kind in kinds}
    assert sums == pytest.approx(dict.fromkeys(kinds, 7 * 86_400))
    assert sum(row["period"] == "alarm" for row in table) == len(week.sources[0].alarms)


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_chart_is_a_picture_and_the_same_each_time(week, form):
    pytest.importorskip("matplotlib", reason="the extra `charts` is not installed")
    drawn = chart(week, form)
    assert drawn == chart(week, form)
    if form == "png":
        assert drawn.startswith(b"\x89PNG")
        assert len(drawn) > 50_000
    else:
        colours = {colour.lower() for colour in re.findall(rb"#[0-9a-fA-F]{6}", drawn)}
        assert ET.fromstring(drawn).tag.endswith("svg")
        assert {look(label).colour.encode() for label in labels_shown(week)} <= colours


def test_a_chart_of_nothing_and_of_a_year_are_drawn(tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `charts` is not installed")
    starts = [START + 40 * n * HOUR for n in range(1, 21)]
    other = [segment(at, at + 30 * HOUR, genre=f"genre {n}", seq=n) for n, at in enumerate(starts, 1)]
    wide = report_of(write_history(tmp_path / "h.sqlite", other), days=60)
    assert (wide.in_detail, labels_shown(wide)[-1]) == (False, "other")
    assert chart(wide, "png").startswith(b"\x89PNG")
    assert "genre 1" in "".join(page(wide))
    empty = report_of(write_history(tmp_path / "empty.sqlite", []))
    assert chart(empty, "svg").startswith(b"<?xml")
    assert "Nothing was recorded" in "".join(page(empty))


def test_without_matplotlib_it_is_said_what_to_install(week, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(StreamgenreError, match=r"pip install 'streamgenre\[charts\]'"):
        chart(week, "svg")


def test_colours_are_the_dashboards_and_never_the_only_sign():
    assert {genre: look(genre).colour for genre in GENRE_COLOURS} == {
        g: c for g, (c, _) in GENRE_COLOURS.items()
    }
    assert set(PATTERNS) == set(GENRE_COLOURS)
    patterned = [pattern for pattern in PATTERNS.values() if pattern]
    assert len(set(patterned)) == len(patterned) == 9
    assert look("waltz").colour.startswith("#")
    assert [look(label).colour for label in STATUS_LOOKS]
    assert shown_as("waltz", ["tango"]) == "other"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1:00 min"),
        (3599, "59:59 min"),
        (7500, "2 h 05 min"),
        (300_000, "3 d 11 h"),
    ],
)
def test_lengths_are_words(seconds, words):
    assert length(seconds) == words


def test_shares_and_control_characters():
    assert [percent(share) for share in (0, 0.001, 0.254, 1)] == ["0 %", "<1 %", "25 %", "100 %"]
    assert printable("a\x1b[0m\n\u2028\ud800é日本") == "a[0mé日本"
