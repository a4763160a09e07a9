from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from streamgenre.messages import Alarm
from streamgenre.publish.dashboard.look import Depth, Look
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.screen import allot, render
from streamgenre.publish.dashboard.standing import Standing, silent_for
from streamgenre.publish.dashboard.summary import summary
from streamgenre.publish.dashboard.view import DashboardView
from tests.unit.publish.dashboard_script import shown, state, told

LOOKS = [Look(unicode=unicode, depth=depth) for unicode in (True, False) for depth in ("none", "few", "many")]
SIZES = [(80, 24), (200, 60), (60, 18), (100, 30), (40, 10), (20, 5), (1, 1)]
FULL = told()
NOTHING = DashboardView("bar", "main").picture()
PLAIN_LOOK = Look(depth="none")
ALARMED = replace(
    FULL,
    alarms=(
        Alarm(27.0, "dead_air", active=True, since_seconds=5.0, level_dbfs=-80.0),
        Alarm(29.0, "out_of_phase", active=True, since_seconds=24.0, level_dbfs=-80.0),
    ),
)


def lines_of(picture: Picture, width: int, height: int, look: Look = PLAIN_LOOK) -> list[str]:
    return shown(render(picture, width, height, look), width, height).removesuffix("\n").split("\n")


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(
    "picture",
    [FULL, NOTHING, told(3.0), told(15.0), ALARMED],
    ids=["full", "empty", "3 s", "silent", "alarmed"],
)
def test_every_picture_fills_the_screen_exactly(
    picture: Picture, width: int, height: int, look: Look
) -> None:
    lines = lines_of(picture, width, height, look)
    assert len(lines) == height
    assert {cell_len(line) for line in lines} == {width}


@given(st.integers(1, 220), st.integers(1, 70), st.text(max_size=300), st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_title_name_or_size_breaks_the_frame(width: int, height: int, title: str, name: str) -> None:
    picture = replace(FULL, title=title, node=name, source=title, note=name)
    for look in (Look(depth="none"), Look(unicode=False, depth="none")):
        lines = lines_of(picture, width, height, look)
        assert len(lines) == height
        assert {cell_len(line) for line in lines} == {width}


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60)])
def test_the_facts_are_all_there(width: int, height: int) -> None:
    text = "\n".join(lines_of(FULL, width, height))
    for fact in (
        "bar / main", "online", "♪ music", "34 % not sure", "stable for 0:10", "Artist - Title",
        "instrumental 41 %", "jazz", "60.0 %", "−18.3 dBFS", "−6.1", "lag 41 ms", "lost 7", "audio 30.0 s",
        "up 0:30", "model genre", "last changes", "silence", "╰0:20 rock", "Ctrl-C",
    ):  # fmt: skip
        assert fact in text, fact


@pytest.mark.parametrize("width", [60, 80, 200])
def test_at_any_height_the_footer_is_last_and_nothing_is_cut(width: int) -> None:
    for height in range(8, 90):
        lines = [line.strip() for line in lines_of(FULL, width, height)]
        assert sum(allot(height).values()) == height
        assert lines[-1].startswith("up 0:30")
        if allot(height)["ribbon"]:
            assert any(line.startswith("╰0:00") for line in lines[-3:]), height


@pytest.mark.parametrize(("width", "height"), [(200, 60), (80, 24), (40, 8), (20, 5)])
def test_an_alarm_is_seen_at_any_size(width: int, height: int) -> None:
    assert "▲ dead air 0:25" in "\n".join(lines_of(ALARMED, width, height))
    assert "dead air" not in "\n".join(lines_of(FULL, width, height))
    if width >= 80:
        assert "▲ out of phase 0:06" in "\n".join(lines_of(ALARMED, width, height))
    assert "! dead air" in "\n".join(lines_of(ALARMED, width, height, Look(unicode=False, depth="none")))


def test_a_small_window_keeps_what_matters() -> None:
    text = "\n".join(lines_of(FULL, 40, 8))
    for fact in ("ROCK", "not sure", "dBFS", "bar / main"):
        assert fact in text, fact


def test_the_genre_is_written_large_where_there_is_room() -> None:
    assert "ROCK ?" not in "\n".join(lines_of(FULL, 80, 24))
    assert " █▀▀▀▄" in "\n".join(lines_of(FULL, 80, 24))
    assert "? " not in "\n".join(lines_of(told(5.0), 80, 24))


def test_what_would_be_music_is_said_to_be_hypothetical() -> None:
    noise = replace(FULL, state=replace(state(30.0), status="noise", genre=None))
    assert "top, if it were music" in "\n".join(lines_of(noise, 80, 24))


def test_a_title_cannot_mark_up_or_move_the_cursor() -> None:
    title = "[red]not red[/red] \x1b[2J\x07\r\n\u202egnorw\u2028 [/"
    text = shown(render(replace(FULL, title=title), 80, 24, Look()), 80, 24, color_system="truecolor")
    assert "[red]not red[/red]" in text
    assert "\x1b[2J" not in text
    assert not set(text) & set("\x07\r\u202e\u2028")


def test_without_utf8_only_ascii_is_sent() -> None:
    picture = replace(FULL, title="Ünïcödé 日本語", note=None)
    for width, height in SIZES:
        look = Look(unicode=False)
        text = shown(render(picture, width, height, look), width, height, color_system="truecolor")
        assert text.isascii()


def test_without_colour_no_colour_is_sent_and_nothing_is_lost() -> None:
    text = shown(render(FULL, 80, 24, Look(depth="none")), 80, 24, color_system="truecolor", no_color=True)
    codes = {code for sent in re.findall(r"\x1b\[([\d;]*)m", text) for code in sent.split(";")}
    assert codes <= {"", "0", "1", "2", "7"}
    assert "rock" in text


@pytest.mark.parametrize("depth", ["few", "many"])
@pytest.mark.parametrize("picture", [FULL, told(15.0)], ids=["full", "silent"])
def test_no_background_is_assumed(picture: Picture, depth: Depth) -> None:
    """Black and white are written only on a field whose colour is ours."""
    extremes = {"black", "white", "bright_black", "bright_white", "#000000", "#ffffff"}
    for line in render(picture, 80, 24, Look(depth=depth)).lines:
        for _, style, _ in line:
            if style and style.color and style.color.name in extremes:
                assert style.bgcolor


def test_a_source_in_trouble_says_so() -> None:
    waiting = replace(FULL, standing=Standing("reconnecting", "connection refused"))
    assert "reconnecting: connection refused" in lines_of(waiting, 80, 24)[0]
    assert "nothing heard for 0:09" in lines_of(replace(FULL, standing=silent_for(9.0)), 80, 24)[0]


def test_a_note_takes_the_place_of_the_accounts() -> None:
    last = lines_of(replace(FULL, note="now: a jazz trio"), 80, 24)[-1]
    assert last.startswith("now: a jazz trio")
    assert last.endswith("Ctrl-C ends")


def test_the_summary_names_shares_of_the_time() -> None:
    text = shown(summary(FULL, 80, Look(depth="none")), 80)
    assert "heard 0:30" in text
    assert re.search(r"jazz .* 0:10 +33 %", text)
    assert shown(summary(NOTHING, 80, Look()), 80).startswith("heard 0:00")
