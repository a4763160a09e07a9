from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from streamgenre.messages import Level
from streamgenre.publish.dashboard.board import Board
from streamgenre.publish.dashboard.controls import Controls
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.overview import compose, visible
from streamgenre.publish.dashboard.ribbon import clock_cell_seconds, ribbon_runs
from tests.unit.publish.dashboard_board import (
    EVENING,
    STATIONS,
    Evening,
    alarm,
    change,
    source,
    stamp,
    state,
    title,
)
from tests.unit.publish.dashboard_script import shown

LOOKS = [Look(unicode=unicode, depth=depth) for unicode in (True, False) for depth in ("none", "few", "many")]
SIZES = [(80, 24), (200, 60), (120, 16), (60, 18), (40, 12), (20, 5), (1, 1)]
PLAIN = Look(depth="none")
COUNTER = ("bar", "counter")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def lines_of(evening: Evening, width: int, height: int, look: Look = PLAIN, **controls: object) -> list[str]:
    frame = compose(evening.board.picture(), Controls(**controls), width, height, look)  # type: ignore[arg-type]
    return shown(frame, width, height).removesuffix("\n").split("\n")


@pytest.fixture
def evening() -> Evening:
    evening = Evening()
    evening.tell_all()
    return evening


def told(**changes: object) -> dict[str, object]:
    return state("bar", "counter", 0.0, -10.0, "music", "jazz", 0.9) | changes


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("controls", [{}, {"view": "detail", "chosen": COUNTER}, {"helping": True}], ids=str)
def test_every_view_fills_the_screen_exactly(evening, width, height, look, controls) -> None:
    lines = lines_of(evening, width, height, look, **controls)
    assert len(lines) == height
    assert {cell_len(line) for line in lines} == {width}
    if not look.unicode:
        assert "".join(lines).isascii()


def test_a_source_folds_to_a_line_with_all_that_has_room(evening) -> None:
    text = "\n".join(lines_of(evening, 200, 40))
    for fact in (
        "8 sources", "▲ 2 in trouble", "✕ cellar offline", "bar 3", "studio 5",
        "● bar/counter", "♪  blues", "66 %", "3:24", "−26.0", "45 ms", "Old Ferry - Rain on Tin",
        "pop ?", "~0:03", "❝ speech", "2:08:00", "▲ dead air 1:00",
        "reconnecting: connection refused", "jazz → blues",
    ):  # fmt: skip
        assert fact in text, fact


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_an_alarm_is_seen_at_any_width(evening, width: int) -> None:
    (line,) = [line for line in lines_of(evening, width, 11) if "river" in line]
    assert line.strip().startswith("▲")
    assert "dead air" in line


def test_many_sources_scroll_and_say_how_many_are_hidden(evening) -> None:
    lines = lines_of(evening, 80, 7, chosen=("studio", "club-one"))
    assert any("› ● studio/club-one" in line for line in lines)
    assert any("more above" in line for line in lines)
    assert len(lines) == 7


def test_trouble_is_counted_where_its_line_is_hidden(evening) -> None:
    lines = lines_of(evening, 80, 6, chosen=COUNTER)
    (hidden,) = [line for line in lines if "more below" in line]
    assert "▲ 2 in trouble" in hidden
    assert "riverside" not in "".join(lines)


def test_what_lasting_trouble_began_with_is_shown_however_much_came_since(evening) -> None:
    for number in range(300):
        evening.board.tell(change(COUNTER, number / 1000, ("music", "jazz"), ("music", "blues"), 9.0))
    lines = lines_of(evening, 80, 18)
    latest = lines[next(at for at, line in enumerate(lines) if line.startswith("latest")) :]
    assert any("studio/riverside" in line and "dead air begins" in line for line in latest)
    assert any("jazz → blues" in line for line in latest)


@given(st.integers(1, 60), st.integers(0, 59), st.integers(1, 70))
def test_the_chosen_line_is_always_visible(count: int, chosen: int, room: int) -> None:
    chosen = min(chosen, count - 1)
    first, last = visible(count, chosen, room)
    assert 0 <= first <= chosen < last <= count
    assert last - first <= room


@given(st.integers(1, 220), st.integers(1, 60), st.text(max_size=200), st.text(max_size=40))
@settings(max_examples=40, deadline=None)
def test_no_name_or_title_breaks_the_table(width: int, height: int, words: str, name: str) -> None:
    evening = Evening()
    evening.board.tell(told(title=words, source=name or "x", node=name or "y", genre=words or None))
    evening.board.tell(title(name or "y", name or "x", 0.0, words))
    evening.board.tell(source(name or "y", "z", 0.0, "reconnecting", words))
    evening.board.note(words)
    lines = lines_of(evening, width, height)
    assert len(lines) == height
    assert {cell_len(line) for line in lines} == {width}


FIELDS = [*told(), "accounts", "sources", "kind", "mel", "state", "late"]
KINDS = ["state", "change", "segment", "title", "alarm", "source", "diagnostics", "live", "other"]


@given(st.dictionaries(st.sampled_from(FIELDS), json_values), st.sampled_from(KINDS))
@settings(max_examples=200, deadline=None)
def test_whatever_a_payload_holds_the_board_can_be_drawn(changes: dict[str, object], kind: str) -> None:
    evening = Evening()
    evening.board.tell(told())
    evening.board.tell(told() | changes | {"type": kind})
    for view in ("table", "detail"):
        assert len(lines_of(evening, 80, 24, view=view)) == 24


def test_integers_without_end_are_numbers_still() -> None:
    evening = Evening()
    evening.board.tell(told() | json.loads('{"confidence": 1' + "0" * 400 + ', "level_dbfs": -1e999}'))
    assert evening.board.picture().pictures[0].state is not None


def test_an_old_state_is_stale_and_a_new_one_is_not() -> None:
    evening = Evening()
    evening.board.tell(told(time=stamp(-300.0)), fresh=False)
    (picture,) = evening.board.picture().pictures
    assert picture.standing.words == "stale: nothing told for 5:00 by its clock"
    assert "stale" in "\n".join(lines_of(evening, 100, 30, view="detail"))
    assert "last told: jazz, 5:00 ago" in "\n".join(lines_of(evening, 100, 30, view="detail"))
    evening.board.tell(told())
    assert evening.board.picture().pictures[0].standing.words == "online"
    evening.seconds = 91.0
    assert evening.board.picture().pictures[0].standing.condition == "stale"


def test_the_worst_that_is_known_is_shown() -> None:
    evening = Evening()
    evening.board.tell(told())
    seen = []
    for do in (
        lambda: evening.board.source_is(COUNTER, available=False),
        lambda: evening.board.tell(source(*COUNTER, 1.0, "reconnecting", "HTTP 503")),
        lambda: evening.board.node_is("bar", online=False),
        lambda: evening.board.node_is("bar", online=True),
        lambda: evening.board.trouble("no broker"),
        lambda: evening.board.source_is(COUNTER, available=True),
    ):
        do()
        seen.append(evening.board.picture().pictures[0].standing.condition)
    assert seen == ["unavailable", "reconnecting", "offline", "reconnecting", "unavailable", "online"]


def test_a_clock_that_differs_does_not_make_a_source_stale_nor_move_its_ribbon() -> None:
    evening = Evening()
    ahead = 3600.0
    evening.board.tell(told(time=stamp(ahead), since=stamp(ahead - 120)))
    (picture,) = evening.board.picture().pictures
    assert picture.standing.condition == "online"
    runs = ribbon_runs(picture, 60)
    assert runs[-1].passage is not None
    assert runs[-1].cells == 60


@pytest.mark.parametrize(("ahead", "words"), [(-300.0, "5:00 behind"), (240.0, "4:00 ahead")])
def test_what_was_kept_is_as_old_as_its_node_s_clock_says_and_clocks_that_disagree_are_told(
    evening, ahead: float, words: str
) -> None:
    evening = Evening()
    other = ("bar", "garden")
    evening.board.tell(told(time=stamp(ahead - 20.0)), fresh=False)
    first = evening.board.picture().pictures[0]
    assert (first.standing.condition == "stale") == (ahead < 0)
    evening.seconds = 1.0
    evening.board.tell(state(*other, ahead + 1.0, ahead - 100.0, "music", "rock", 0.9))
    pictures = {one.source: one for one in evening.board.picture().pictures}
    assert pictures["counter"].standing.words == "online"
    assert pictures["counter"].age_seconds == pytest.approx(21.0)
    assert f"its clock is {words}" in lines_of(evening, 100, 24)[0]
    assert f"its clock is {words}" in lines_of(evening, 100, 24, view="detail")[-1]
    evening.seconds = 75.0
    evening.board.tell(state(*other, ahead + 75.0, ahead - 100.0, "music", "rock", 0.9))
    pictures = {one.source: one for one in evening.board.picture().pictures}
    assert pictures["counter"].standing.words == "stale: nothing told for 1:35"


def test_a_state_told_again_says_nothing_of_the_clock() -> None:
    evening = Evening()
    evening.board.tell(told())
    evening.seconds = 60.0
    evening.board.tell(told())
    assert evening.board.picture().nodes[0].ahead_seconds == 0.0


def test_a_node_tells_its_version_and_for_how_long_it_is_up() -> None:
    evening = Evening()
    evening.board.tell(told())
    assert "watched 0:00" in lines_of(evening, 120, 30, view="detail")[-1]
    account = {"type": "diagnostics", "node": "bar", "time": stamp(-40.0), "version": "1.2.3"}
    evening.board.tell(
        account
        | {"uptime_seconds": 7200.0, "sources": [told(type="diagnostics", accounts={}, reconnects=3)]},
        fresh=False,
    )
    foot = lines_of(evening, 120, 30, view="detail")[-1]
    for fact in ("up 2:00:40", "lag 45 ms", "lost 0", "reconnects 3", "version 1.2.3"):
        assert fact in foot, fact


def test_reconnects_of_this_process_are_counted_as_they_happen() -> None:
    evening = Evening(watched=False)
    evening.board.tell(told())
    assert "reconnects 0" in lines_of(evening, 120, 30, view="detail")[-1]
    evening.board.tell(source(*COUNTER, 1.0, "reconnecting", "HTTP 503"))
    evening.board.tell(source(*COUNTER, 2.0, "online", None))
    assert "reconnects 1" in lines_of(evening, 120, 30, view="detail")[-1]


def test_sources_beyond_the_most_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamgenre.publish.dashboard.board.MOST_SOURCES", 3)
    evening = Evening()
    for number in (0, 1, 2, 3, 4, 4, 4):
        evening.board.tell(told(source=f"s{number}"))
    assert len(evening.board.picture().pictures) == 3
    lines = lines_of(evening, 80, 24)
    assert "3 sources · and 2 more not shown" in lines[0]
    evening.board.forget(("bar", "s4"))
    assert "and 1 more not shown" in lines_of(evening, 80, 24)[0]


def test_before_there_are_sources_it_says_what_goes_on() -> None:
    evening = Evening()
    assert "no source was told of yet" in "".join(lines_of(evening, 80, 24))
    evening.board.awaiting("starting; this takes a while")
    assert "starting; this takes a while" in "".join(lines_of(evening, 80, 24))
    evening.board.tell(told())
    assert "this takes a while" not in "".join(lines_of(evening, 80, 24))


def test_a_ribbon_shows_what_was_told_and_leaves_the_rest_blank() -> None:
    evening = Evening()
    evening.board.tell(told(time=stamp(-280.0), since=stamp(-300.0)))
    evening.board.tell(told(time=stamp(0.0), since=stamp(-60.0), genre="rock"))
    (picture,) = evening.board.picture().pictures
    runs = [(run.passage and run.passage.genre, run.cells) for run in ribbon_runs(picture, 60)]
    assert runs == [("jazz", 4), (None, 44), ("rock", 12)]


def test_a_ribbon_shows_minutes_once_as_much_is_known() -> None:
    evening = Evening()
    for known, step in ((3.0, 1.0), (110.0, 2.0), (300.0, 5.0), (9000.0, 10.0)):
        evening.board.tell(told(since=stamp(-known)))
        assert clock_cell_seconds(evening.board.picture().pictures, 60) == step
        evening.board.tell(told(since=stamp(-known), status="silence"))


def test_a_segment_told_late_takes_its_place() -> None:
    evening = Evening()
    evening.board.tell(told(time=stamp(0.0), since=stamp(-400.0)))
    late = told(
        type="segment", start=stamp(-300.0), end=stamp(-200.0), genre="blues", late=True, time=stamp(-200.0)
    )
    evening.board.tell(late)
    (picture,) = evening.board.picture().pictures
    assert [(p.genre, round(p.end_seconds - EVENING)) for p in picture.passages] == [
        ("jazz", -300), ("blues", -200), ("jazz", 0),
    ]  # fmt: skip
    for before, after in pairwise(picture.passages):
        assert before.end_seconds == after.start_seconds


def test_a_state_says_which_alarms_are_active() -> None:
    evening = Evening()
    evening.board.tell(told(alarms=["dead_air"]), fresh=False)
    (picture,) = evening.board.picture().pictures
    assert math.isnan(picture.alarms[0].since_seconds)
    assert "▲ dead air" in "\n".join(lines_of(evening, 100, 20))
    evening.board.tell(alarm(*COUNTER, -20.0, "dead_air", -50.0))
    assert evening.board.picture().pictures[0].alarms[0].since_seconds == EVENING - 50
    evening.board.tell(told())
    assert evening.board.picture().pictures[0].alarms == ()


def test_events_are_listed_newest_first() -> None:
    evening = Evening()
    evening.board.tell(told())
    evening.board.tell(change(COUNTER, -5.0, ("music", "jazz"), ("speech", None), 100.0))
    evening.board.tell(alarm(*COUNTER, -1.0, "clipping", -2.0) | {"late": True})
    latest = "\n".join(lines_of(evening, 100, 24, view="table")).split("latest")[1]
    assert latest.index("clipping begins (told late)") < latest.index("jazz → speech, after 1:40")


def test_the_sound_is_that_of_now_or_none() -> None:
    evening = Evening()
    evening.board.tell(told())
    evening.sound(COUNTER)
    picture = evening.board.picture(COUNTER).pictures[0]
    assert picture.level is not None
    assert picture.mel_columns.shape == (160, 96)
    assert picture.mel_column_seconds == pytest.approx(0.25)
    assert evening.board.picture().pictures[0].mel_columns.size == 0
    evening.seconds = 10.0
    assert evening.board.picture(COUNTER).pictures[0].level is None
    evening.board.meter(COUNTER, Level(-20.0, -10.0, silent=False, digital_zero=False), None)
    assert evening.board.picture(COUNTER).pictures[0].mel_columns.size == 0


def test_named_sources_keep_their_order_and_strangers_stay_out() -> None:
    board = Board(stale_seconds=9.0, watched=False)
    board.name_sources({("bar", "b"): "The bar", ("bar", "a"): "Garden"})
    board.tell(told(source="stranger"))
    picture = board.picture()
    assert [one.source for one in picture.pictures] == ["The bar", "Garden"]
    assert {one.standing.condition for one in picture.pictures} == {"waiting"}
    board.name_sources({("bar", "a"): "Garden"})
    assert [one.source for one in board.picture().pictures] == ["Garden"]


def test_one_source_is_shown_in_detail_until_somebody_says_otherwise() -> None:
    controls = Controls()
    assert controls.in_view([COUNTER]) == COUNTER
    controls.press("escape", [COUNTER])
    assert controls.in_view([COUNTER]) is None


def test_keys_choose_pause_explain_and_quit() -> None:
    keys = list(STATIONS)
    controls = Controls()
    for key, place in (
        ("down", 1), ("j", 2), ("n", 3), ("up", 2), ("k", 1), ("p", 0), ("up", 7), ("right", 0), ("end", 7),
        ("home", 0), ("5", 4), ("pagedown", 7), ("pageup", 0), ("x", 0),
    ):  # fmt: skip
        controls.press(key, keys)
        assert controls.place(keys) == place, key
    controls.press("enter", keys)
    assert controls.in_view(keys) == keys[0]
    controls.press("?", keys)
    assert controls.in_view(keys) is None
    controls.press("enter", keys)
    assert controls.in_view(keys) == keys[0]
    controls.press("enter", keys)
    assert controls.in_view(keys) is None
    controls.press("space", keys)
    assert controls.paused
    controls.press("q", keys)
    assert controls.quitting


def test_a_chosen_source_that_goes_leaves_the_first(evening) -> None:
    controls = Controls(chosen=("studio", "webradio"))
    keys = evening.board.picture().keys
    assert controls.place(keys) == 7
    assert controls.place(keys[:3]) == 0


def test_no_view_is_the_same_without_colour(evening) -> None:
    """The letters say everything that the colours say."""
    for width in (80, 200):
        plain = lines_of(evening, width, 24, Look(depth="none"))
        assert plain == lines_of(evening, width, 24, Look(depth="many"))


def test_a_tall_window_shows_the_chosen_source_below_the_table(evening) -> None:
    text = "\n".join(lines_of(evening, 120, 60, chosen=("bar", "stage")))
    assert "› ● bar/stage" in text
    assert "bar / stage" in text
    assert "41 % not sure" in text
    assert "bar / stage" not in "\n".join(lines_of(evening, 120, 40, chosen=("bar", "stage")))
    keys = evening.board.picture().keys
    assert Controls(chosen=("bar", "stage")).in_view(keys, both=True) == ("bar", "stage")


def test_a_note_is_shown_for_a_while(evening) -> None:
    evening.board.note("the disk is slow")
    assert lines_of(evening, 100, 24)[-1].startswith("the disk is slow")
    evening.seconds = 31.0
    assert "the disk" not in lines_of(evening, 100, 24)[-1]


def test_trouble_is_the_last_line(evening) -> None:
    evening.board.trouble("no broker: nothing listens")
    assert lines_of(evening, 100, 24)[-1].startswith("no broker: nothing listens")
    assert "no broker" in lines_of(evening, 100, 24, view="detail", chosen=COUNTER)[-1]
