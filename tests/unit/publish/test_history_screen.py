"""The report on a terminal: fits any width, reads without colours, hides nothing and invents nothing."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from streamgenre.cli import history_reading
from streamgenre.cli.history_bars import apportioned
from streamgenre.cli.history_reading import WatchedReader
from streamgenre.cli.history_screen import MOST_IN_DETAIL, print_report
from streamgenre.cli.history_tables import print_rows
from streamgenre.cli.tables import PLENTY
from streamgenre.publish.history_file import milliseconds
from streamgenre.publish.history_reader import HistoryQuery, HistoryReader
from streamgenre.publish.history_report import report
from tests.support.history_files import write_history
from tests.support.synthetic_week import START, event, events, segment, state

HOUR = timedelta(hours=1)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NASTY = "\x1b[31m=x\u202e\x07 <script>" + "日本" * 4000


class Paper(io.TextIOWrapper):
    """A terminal's end of the line, of any encoding."""

    def __init__(self, encoding):
        super().__init__(io.BytesIO(), encoding=encoding, newline="")

    def text(self):
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


def screen(draw, width=80, colours=None, encoding="utf-8"):
    """Return what is drawn upon a terminal, or with a width of PLENTY into a pipe."""
    paper = Paper(encoding)
    console = Console(
        file=paper, width=width, force_terminal=width < PLENTY, color_system=colours, legacy_windows=False,
        no_color=colours is None, _environ={},
    )  # fmt: skip
    draw(console)
    return paper.text()


def of(path, days=7):
    with HistoryReader(path) as reader:
        query = HistoryQuery(
            since_ms=milliseconds(START), until_ms=milliseconds(START + timedelta(days=days))
        )
        return report(reader, query, START.tzinfo)


def shown(made, **look):
    return screen(lambda console: print_report(console, made), **look)


def dead_air(start, end, seq, source="main"):
    fields = {"kind": "dead_air", "since": start.isoformat(), "level_dbfs": -96.0}
    place = {"node": "bar", "source": source}
    return [
        event("alarm", start, {"active": True} | fields, seq, **place),
        event("alarm", end, {"active": False} | fields, seq + 1, **place),
    ]


def many_sources(count):
    for number in range(count):
        yield from events(seed=number, days=1, source=f"station-{number:02d}")
    yield segment(START, START + HOUR, source="a-very-long-name-of-a-source-behind-the-stage-on-the-left")


@pytest.fixture(scope="module")
def histories(tmp_path_factory):
    folder = tmp_path_factory.mktemp("histories")
    strange = [
        segment(START, START + 9 * HOUR, title=NASTY, seq=1),
        segment(START + 9 * HOUR, START + 12 * HOUR, genre="<b>\x1b[1m日本語の長い音楽" * 5, seq=2),
    ]
    many_alarms = [
        row
        for n in range(60)
        for row in dead_air(START + n * HOUR, START + n * HOUR + timedelta(minutes=n), 10 + 2 * n)
    ]
    return {
        "week": of(write_history(folder / "week", events())),
        "day": of(write_history(folder / "day", events(days=1)), days=1),
        "month": of(write_history(folder / "month", events(days=31)), days=31),
        "quarter": of(write_history(folder / "quarter", events(days=90)), days=90),
        "three sources": of(write_history(folder / "three", many_sources(2))),
        "many sources": of(write_history(folder / "many", many_sources(MOST_IN_DETAIL))),
        "strange": of(write_history(folder / "strange", strange)),
        "alarms": of(
            write_history(folder / "alarms", [segment(START, START + 70 * HOUR, seq=1), *many_alarms])
        ),
        "three minutes": of(
            write_history(folder / "brief", [segment(START + 12 * HOUR, START + 12.05 * HOUR, seq=1)])
        ),
        "nothing": of(write_history(folder / "nothing", [])),
    }


@pytest.mark.parametrize("width", [24, 40, 60, 80, 120, 200, 300])
def test_no_line_is_wider_than_the_terminal(histories, width):
    for name, made in histories.items():
        text = shown(made, width=width, colours="truecolor")
        assert "\x1b[31m" not in text or name != "strange"
        lines = COLOUR.sub("", text).split("\n")
        assert max(map(cell_len, lines)) <= width, name
        assert not set(COLOUR.sub("", text)) & set("\x1b\x07\u202e"), name


@pytest.mark.parametrize("width", [40, 60, 80, 130])
def test_ribbon_and_bars_are_never_broken_over_lines(histories, width):
    lines = shown(histories["week"], width=width).split("\n")
    hours = lines.index("By hour of the day")
    assert [line[:3] for line in lines[hours + 1 : hours + 26]] == [*(f"{n:02d} " for n in range(24)), ""]
    days = 2 + next(at for at, line in enumerate(lines) if line.startswith("What played when"))
    assert [line[:7] for line in lines[days : days + 8]] == [
        "Sat 14 ", "Sun 15 ", "Mon 16 ", "Tue 17 ", "Wed 18 ", "Thu 19 ", "Fri 20 ", "",
    ]  # fmt: skip
    shares = lines.index("Shares of the time followed")
    assert lines[shares + 1 : shares + 17].index("") == len(histories["week"].sources[0].total.heard)


@pytest.mark.parametrize("colours", ["truecolor", "standard", None])
def test_colours_change_nothing_but_colours(histories, colours):
    text = shown(histories["week"], colours=colours)
    assert ("\x1b[" in COLOUR.sub("", text)) is False
    plain = COLOUR.sub("", text)
    for words in (
        "Sat 14",
        "Fri 20",
        "a cell: what was heard most in 20 min",
        "17 %",
        "▲ dead air",
        "04:40:18",
    ):
        assert words in plain


def test_a_terminal_without_unicode_gets_ascii_alone(histories):
    for made in histories.values():
        assert shown(made, encoding="ascii").isascii()


def test_letters_say_what_played_when(tmp_path):
    played = [
        segment(START, START + 12 * HOUR, seq=1),
        segment(START + 12 * HOUR, START + 18 * HOUR, "silence", None, seq=2),
        segment(START + 24 * HOUR, START + 24.4 * HOUR, "speech", None, seq=3),
        *dead_air(START + 13 * HOUR, START + 13.1 * HOUR, 4),
    ]
    lines = shown(of(write_history(tmp_path / "h", played))).split("\n")
    (saturday, sunday) = (line for line in lines if line.startswith(("Sat", "Sun")))
    jazz, silence = "jazz".center(6).center(36, "J"), "·" * 18
    assert saturday == f"Sat 14 {jazz}{silence[:3]}▲{silence[4:]}{' ' * 18}"
    assert sunday.rstrip() == "Sun 15 ╌╌"


def test_three_minutes_fill_the_ribbon(histories):
    text = shown(histories["three minutes"])
    assert "12:00:00  12:00:30" in text
    assert "a cell: what was heard most in 3 s" in text
    assert "J" * 60 in text
    assert "3:00 min followed of 7 d 0 h" in text
    assert "By hour" not in text


def test_dead_air_is_listed_with_its_end_and_of_too_much_the_longest(histories):
    text = shown(histories["alarms"])
    assert "the 12 longest of 60 (all: --format csv)" in text
    assert "2026-11-16 11:00:00  11:59:00  59:00 min" in text
    piped = shown(histories["alarms"], width=PLENTY)
    assert len(re.findall(r"2026-11-1\d \d\d:00:00  \d\d:\d\d:00  +\d+(?::\d\d min| s)", piped)) == 60


def test_many_sources_are_compared_and_few_are_also_told_one_by_one(histories):
    many = shown(histories["many sources"], width=120)
    assert "the 12 longest of" in many or "Dead air\n" in many
    assert "--source NAME" in many
    assert "Shares of the time followed" not in many
    few = shown(histories["three sources"], width=120)
    assert few.count("Shares of the time followed") == 3
    for number in range(MOST_IN_DETAIL):
        assert many.count(f"bar/station-{number:02d}") >= 2  # its figures and its ribbon


def test_a_long_time_is_a_row_a_week(histories):
    text = shown(histories["quarter"], width=100)
    assert "By week" in text
    assert len(re.findall(r"^\d\d \w{3} 2\d ", text, re.MULTILINE)) == 14


def test_nothing_is_said_to_be_nothing(histories):
    assert "Nothing was recorded in this time." in shown(histories["nothing"])


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=20), st.integers(0, 300))
def test_cells_are_shared_out_whole(amounts, cells):
    given_out = apportioned(amounts, cells)
    assert sum(given_out) == (cells if sum(amounts) > 0 else 0)
    whole = sum(amounts) or 1
    assert all(
        abs(one - amount * cells / whole) < 1.001 for one, amount in zip(given_out, amounts, strict=True)
    )


@pytest.mark.parametrize("width", [40, 80, 120, PLENTY])
def test_rows_fit_a_terminal_and_are_whole_in_a_pipe(tmp_path, width):
    path = write_history(tmp_path / "h", [segment(START, START + HOUR, title=NASTY, seq=1)])
    with HistoryReader(path) as reader:
        rows = list(reader.rows(HistoryQuery()))
    heading, row = screen(lambda console: print_rows(console, rows, START.tzinfo), width=width).splitlines()
    assert heading.split()[:2] == ["from", "length"]
    assert "1 h 00 min" in row
    assert not set(row) & set("\x1b\x07\u202e")
    if width == PLENTY:
        assert row.endswith("日本" * 4000)
    else:
        assert cell_len(row) <= width
        assert row.endswith("…" if width > 40 else "jazz")


@pytest.mark.parametrize("width", [24, 30, 40, 60, 80, 109])
def test_what_played_is_never_what_has_no_room(tmp_path, width):
    played = [
        segment(START, START + HOUR, genre="Electronic---" + "Progressive House" * 9, seq=1, source=name)
        for name in ("a-cellar-behind-the-stage", "main")
    ]
    with HistoryReader(write_history(tmp_path / "h", played)) as reader:
        rows = list(reader.rows(HistoryQuery()))
    lines = screen(lambda console: print_rows(console, rows, START.tzinfo), width=width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert [line.count("Electro" if width > 24 else "11-14 00:00:00  Elec") for line in lines] == [0, 1, 1]
    report_lines = shown(of(tmp_path / "h"), width=max(width, 60))
    assert "2026-11-14 00:00:00  1 h 00 min" in report_lines or "11-14 00:00:00  1 h 00 min" in report_lines


def test_dead_air_that_lasts_is_said_to_go_on(tmp_path):
    ends = START + timedelta(days=7)
    begins, *_ = dead_air(ends - 3 * HOUR, ends, 1)
    noted = state(ends - 3 * HOUR, ends - timedelta(seconds=20), "silence", None)
    text = shown(of(write_history(tmp_path / "h", [begins, noted])))
    assert re.search("2026-11-20 21:00:00 +3 h 00 min, going on", text.partition("Dead air\n")[2])


def test_a_watched_reader_gives_the_same_rows(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(history_reading, "FEW", 10)
    monkeypatch.setattr(history_reading, "CHUNK", 7)
    path = write_history(tmp_path / "h", events(days=2))
    query = HistoryQuery(types=("segment", "title", "change", "alarm"))
    with HistoryReader(path) as plain, WatchedReader(path) as watched:
        expected = list(plain.rows(query))
        assert plain.count(query) == len(expected) > 100
        assert list(watched.rows(query)) == expected
    assert capsys.readouterr() == ("", "")
