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
from streamgenre.publish.history_colours import (
    PATTERNS,
    STATUS_LOOKS,
    contrast,
    labels_shown,
    look,
    shown_as,
)
from streamgenre.publish.history_csv import EVENT_COLUMNS, events_csv, report_csv
from streamgenre.publish.history_file import milliseconds
from streamgenre.publish.history_html import page
from streamgenre.publish.history_html_style import DARK_INK, DARK_STATUSES, label_styles, patterns
from streamgenre.publish.history_letters import LETTERS, letters
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
        event("source", START, {"state": "online", "reason": "＝1+1"}, 3),
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
    assert not {name for _, attributes in tags for name in attributes} & {"src", "onload", "onclick"}
    assert all(address.startswith("#") for address in re.findall(r'(?:href="|url\()([^")]*)', text))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "http" not in re.sub("http-equiv", "", text)


def test_a_title_as_long_as_a_book_is_cut_on_a_page(tmp_path):
    played = [segment(START, START + HOUR, seq=1, title="x" * 100_000)]
    text = "".join(page(report_of(write_history(tmp_path / "h.sqlite", played))))
    assert f"{'x' * 199}…" in text
    assert "x" * 201 not in text


def test_a_page_of_a_week_has_a_row_a_day_and_names_what_it_shows(week):
    text = "".join(page(week))
    assert text.count("<rect") >= len(week.sources[0].stretches)
    assert all(f">{word}</div>" in text for word in ("Sat 14 Nov", "Fri 20 Nov"))
    assert all(f">{word}</text>" in text for word in ("rock", "classical", "24:00"))
    assert "Dead air 2 ×" in text
    assert "<title>dead air, Mon 16 Nov 04:38:43 – 04:40:18, 1:35 min</title>" in text


def test_every_colour_of_a_page_has_words_of_enough_contrast(week):
    for label in (*GENRE_COLOURS, *STATUS_LOOKS):
        assert contrast(look(label).ink, look(label).colour) >= 4
    assert set(DARK_STATUSES) == set(STATUS_LOOKS)
    for label, colour in DARK_STATUSES.items():
        assert contrast(DARK_INK, colour) >= 4, label
    shown = labels_shown(week)
    named = set(re.findall(r"url\(#(\w+)\)", label_styles(shown)))
    assert named == set(re.findall(r'<pattern id="(\w+)"', patterns(shown)))
    assert len(named) == len(shown)


def test_pages_of_several_sources_compare_them(tmp_path):
    played = [segment(START, START + HOUR, seq=1, source=name) for name in ("one", "two")]
    text = "".join(page(report_of(write_history(tmp_path / "h.sqlite", played))))
    assert '<a href="#s1">bar/two</a>' in text
    assert [name in text for name in ('id="all"', 'id="s0"', 'id="s1"', 'id="s2"')] == [
        True,
        True,
        True,
        False,
    ]


def test_time_in_which_nothing_was_to_be_heard_is_told(week):
    one = week.sources[0]
    told = summary(one)
    assert told == (
        "7 d 0 h followed of 7 d 0 h, 1 h 32 min of it no signal, 4:34 min of it silence."
        " Dead air 2 ×, 3:10 min in all, the longest 1:35 min."
    )
    assert summary(replace(one, statuses=Counter(music=1), alarms=[])) == (
        "7 d 0 h followed of 7 d 0 h. No dead air."
    )


def test_what_was_missed_is_not_rounded_away(tmp_path):
    ends = START + timedelta(days=7)
    played = [
        segment(START, START + HOUR, seq=1),
        segment(START + 1.2 * HOUR, START + 2 * HOUR, "speech", None, seq=2),
        segment(START + 2 * HOUR, ends, seq=3),
    ]
    made = report_of(write_history(tmp_path / "h.sqlite", played))
    assert summary(made.sources[0]) == "7 d 0 h but for 12:00 min followed. No dead air."


def test_figures_of_a_page_are_escaped(tmp_path):
    played = [
        segment(START, START + HOUR, seq=1),
        segment(START + HOUR, START + HOUR + timedelta(seconds=0.3), "silence", None, seq=2),
    ]
    text = "".join(page(report_of(write_history(tmp_path / "h.sqlite", played))))
    assert "&lt;1 %" in text
    assert "&lt;1 s of it silence" in text
    assert not re.search(r"<[^a-z/!]", text.partition("<body>")[2])


def test_sources_of_one_name_are_told_apart_by_their_nodes(tmp_path):
    played = [segment(START, START + HOUR, seq=1, node=name) for name in ("bar", "cellar")]
    text = "".join(page(report_of(write_history(tmp_path / "h.sqlite", played))))
    assert [text.count(f'<a href="#s{n}">{name}/main</a>') for n, name in enumerate(("bar", "cellar"))] == [
        2,
        2,
    ]


def test_a_report_over_new_year_names_the_years(tmp_path):
    path = write_history(tmp_path / "h.sqlite", [segment(START, START + 60 * 24 * HOUR, seq=1)])
    assert ">Sat 14 Nov 2026 00:00:00</time>" in "".join(page(report_of(path, days=60)))
    assert ">Sat 14 Nov 00:00:00</time>" in "".join(page(report_of(path)))


def test_a_page_of_an_alarm_alone_has_no_empty_tables(tmp_path):
    fields = {"kind": "dead_air", "active": True, "since": START.isoformat(), "level_dbfs": -96.0}
    path = write_history(tmp_path / "h.sqlite", [event("alarm", START, fields, 1)])
    text = "".join(page(report_of(path)))
    assert re.findall("<h3>(.*?)</h3>", text) == ["Dead air"]


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
    assert by_number["3"]["reason"] == "'＝1+1"


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


def test_a_chart_takes_names_as_they_are(tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `charts` is not installed")
    played = [segment(START, START + 9 * HOUR, genre=r"a $\frac{b$ <c>&" + "d" * 50, seq=1)]
    drawn = chart(report_of(write_history(tmp_path / "h.sqlite", played), days=1), "svg")
    assert ET.fromstring(drawn).tag.endswith("svg")
    assert rb"\frac{b$ &lt;c" in drawn


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


@pytest.mark.parametrize("unicode", [True, False])
def test_each_label_has_a_sign_of_its_own(unicode):
    assert set(LETTERS) == set(GENRE_COLOURS)
    shown = [*LETTERS, *STATUS_LOOKS, "house", "rap", "bossa nova", "日本"]
    given = letters(shown, unicode=unicode)
    assert len({given[label] for label in shown}) == len(shown)
    assert all(len(sign) == 1 and (unicode or sign.isascii()) for sign in given.values())
    assert (given["house"], given["rap"]) == ("O", "A")
    many = letters([f"genre {n}" for n in range(40)], unicode=unicode)
    assert many["genre 39"] == "#"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.5, "<1 s"),
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
    assert [percent(share) for share in (0, 0.001, 0.005, 0.254, 0.994, 0.995, 0.99999, 1)] == [
        "0 %", "<1 %", "<1 %", "25 %", "99 %", ">99 %", ">99 %", "100 %",
    ]  # fmt: skip
    assert printable("a\x1b[0m\n\u2028\ud800é日本") == "a[0mé日本"
