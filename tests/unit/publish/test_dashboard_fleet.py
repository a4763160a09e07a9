"""A fleet on the dashboard: its lines above the table, its page, and what is old."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from streamgenre.publish.broker_watch_topics import overhear, watched_filters
from streamgenre.publish.dashboard.controls import Controls
from streamgenre.publish.dashboard.fleet_reading import read_fleet
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.overview import compose
from tests.support.fleet_messages import NODE, fleet_message, machine_name
from tests.unit.publish.dashboard_board import Evening, source, stamp, state
from tests.unit.publish.dashboard_script import shown

PLAIN = Look(depth="none")
LOOKS = [Look(), Look(unicode=False, depth="none")]
SIZES = [(80, 24), (200, 60), (60, 18), (40, 12), (20, 5), (1, 1)]
SMALL = {"failing": 2, "waiting": 1, "lost": 1, "problems": ["stations.csv:12: no address"]}
LARGE = {"machines": 100, "groups_each": 8, "failing": 187, "lost": 3, "silent": 2, "gone": 1, "lagging": 5}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def evening_of(told_at: float = 0.0, *, fresh: bool = True, **fleet: object) -> Evening:
    evening = Evening()
    evening.board.node_is(NODE, online=True)
    evening.board.tell(fleet_message(stamp(told_at), **fleet), fresh=fresh)  # type: ignore[arg-type]
    return evening


def lines_of(evening: Evening, width: int = 80, height: int = 24, look: Look = PLAIN, **controls: object):
    controls = {"view": "fleet"} | controls
    frame = compose(evening.board.picture(), Controls(**controls), width, height, look)  # type: ignore[arg-type]
    return shown(frame, width, height).removesuffix("\n").split("\n")


def text_of(evening: Evening, *size: int, **controls: object) -> str:
    return "\n".join(lines_of(evening, *size, **controls))


@pytest.mark.parametrize("view", ["fleet", "table"])
@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("fleet", [{}, SMALL, LARGE], ids=["well", "small", "large"])
def test_every_size_is_filled_exactly(fleet, width: int, height: int, look: Look, view: str) -> None:
    lines = lines_of(evening_of(**fleet), width, height, look, view=view)
    assert len(lines) == height
    assert {cell_len(line) for line in lines} == {width}
    if not look.unicode:
        assert "".join(lines).isascii()


@pytest.mark.parametrize("width", [80, 200])
def test_a_fleet_has_its_lines_above_the_table(width: int) -> None:
    evening = evening_of(**SMALL)
    evening.tell_all()
    text = "\n".join(lines_of(evening, width, 30, view="table")[:3])
    for fact in (
        "▲ fleet radio", "57 of 60 heard", "▲ 2 failing", "▲ 1 waiting", "▲ 1 group lost", "▲ 1 problem",
        "3 machines", "3 groups", "lag 0.0 s",
    ):  # fmt: skip
        assert fact in text, fact
    assert "f fleet" in lines_of(evening, width, 30, view="table")[-1]


def test_a_fleet_that_is_well_says_so() -> None:
    text = text_of(evening_of())
    assert "● fleet radio" in text
    assert "60 of 60 heard · 3 machines · 3 groups · lag 0.0 s · load 1.1 of 12 cores" in text
    assert "▲" not in text


def test_lost_groups_have_the_colour_of_trouble() -> None:
    evening = evening_of(lost=1)
    frame = compose(evening.board.picture(), Controls(view="table"), 100, 30, Look())
    styles = {part.text: part.style for line in frame.lines for part in line}
    lost, heard = styles["▲ 1 group lost"], styles["60 of 60 heard"]
    assert lost is not None
    assert lost.color is not None
    assert heard is None or heard.color is None


def test_the_page_tells_what_fails_and_what_carries_what() -> None:
    text = text_of(evening_of(**SMALL), 200, 40)
    for fact in (
        "supervisor on head-3f2a91, up 2:03:04", "station-0000", "0:33", "reconnecting: HTTP 404 Not Found",
        "stations.csv:12: no address", "its process ended: killed by signal 9", "0.38 of 4", "0.4 s", "12 s",
    ):  # fmt: skip
        assert fact in text, fact
    failing = [line for line in text.splitlines() if "station-000" in line]
    assert "station-0000" in failing[0], "what failed last comes first"


def test_what_is_in_trouble_comes_first_then_what_lags() -> None:
    lines = lines_of(evening_of(**LARGE), 160, 60)
    machines = [line.split()[1] for line in lines if line.startswith(("●", "✕"))]
    assert machines[:2] == [machine_name(99), machine_name(0)]
    groups = [line.split()[0] for line in lines if line.startswith("  ") and "head-3f2a91-" in line]
    assert groups[:6] == ["✕", "✕", "✕", "◌", "◌", "●"]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60)])
def test_a_large_fleet_is_counted_where_it_is_cut_and_scrolls_to_its_end(width: int, height: int) -> None:
    evening = evening_of(**LARGE, most_listed=10_000)
    controls = Controls(view="fleet")
    board = evening.board.picture()
    first = shown(compose(board, controls, width, height, PLAIN), width, height)
    assert "more below" in first
    assert "and 1" in first, "failing stations that have no line are counted"
    controls.press("G", board.keys, board.fleet_names)
    last = shown(compose(board, controls, width, height, PLAIN), width, height)
    assert "more above" in last
    assert "more below" not in last
    at = controls.scrolled
    controls.press("k", board.keys, board.fleet_names)
    assert controls.scrolled == at - 1, "nobody has scrolled farther than it goes"


def test_groups_that_its_message_left_out_are_counted() -> None:
    assert "592 groups not told" in text_of(evening_of(**LARGE), 120, 40)
    assert "792 groups" in text_of(evening_of(**LARGE), 120, 40)


def test_keys_turn_to_the_page_and_back_and_to_the_next_fleet() -> None:
    evening = evening_of()
    evening.board.tell(fleet_message(stamp(0), node="talk"))
    board = evening.board.picture()
    assert board.fleet_names == ["radio", "talk"]
    controls = Controls()
    controls.press("f", board.keys, board.fleet_names)
    assert "fleet radio" in shown(compose(board, controls, 80, 24, PLAIN), 80, 24)
    controls.press("tab", board.keys, board.fleet_names)
    text = shown(compose(board, controls, 80, 24, PLAIN), 80, 24)
    assert "fleet talk" in text
    assert "2 of 2" in text
    controls.press("f", board.keys, board.fleet_names)
    assert controls.view == "table"
    for key in ("enter", "escape"):
        controls.view = "fleet"
        controls.press(key, board.keys, board.fleet_names)
        assert controls.view == "table"


def test_without_a_fleet_there_is_no_page() -> None:
    evening = Evening()
    board = evening.tell_all()
    controls = Controls()
    controls.press("f", board.keys, board.fleet_names)
    assert controls.view is None
    assert not any("fleet" in line for line in lines_of(evening, view="fleet"))


def test_more_fleets_than_have_room_are_counted() -> None:
    evening = Evening()
    for number in range(7):
        evening.board.tell(fleet_message(stamp(0), node=f"fleet-{number}"))
    assert "and 4 more fleets" in text_of(evening, 100, 30, view="table")


def test_the_next_source_in_trouble_is_a_key_away() -> None:
    board = Evening().tell_all()
    controls = Controls()
    seen = []
    for _ in range(3):
        controls.press("t", board.keys, board.fleet_names, board.troubled)
        seen.append(controls.chosen)
    assert seen == [("studio", "riverside"), ("studio", "webradio"), ("studio", "riverside")]


@pytest.mark.parametrize("fresh", [True, False])
def test_a_message_is_old_when_its_node_has_gone_on_without(fresh: bool) -> None:
    evening = evening_of(fresh=fresh, **SMALL)
    evening.seconds = 14.0
    evening.board.tell(state(NODE, "jazz", 14.0, 0.0, "music", "jazz", 0.9))
    assert "old" not in text_of(evening, view="table")
    evening.seconds = 16.0
    evening.board.tell(state(NODE, "jazz", 16.0, 0.0, "music", "jazz", 0.9))
    line = next(line for line in lines_of(evening, view="table") if "fleet" in line)
    assert "old: last told 0:16 ago · then 57 of 60 heard" in line
    assert "▲ 2 failing" not in line
    evening.board.tell(fleet_message(stamp(16.0)))
    assert "old" not in text_of(evening)


def test_what_is_sent_again_is_no_news() -> None:
    evening = evening_of()
    evening.seconds = 16.0
    evening.board.tell(state(NODE, "jazz", 16.0, 0.0, "music", "jazz", 0.9))
    evening.board.tell(fleet_message(stamp(0.0)))
    assert "old: last told 0:16 ago" in text_of(evening)


def test_the_clock_of_a_fleet_may_differ_from_ours() -> None:
    evening = evening_of(told_at=3600.0)
    assert "old" not in text_of(evening)
    evening.seconds = 20.0
    assert "old: last told 0:20 ago" in text_of(evening)
    behind = evening_of(told_at=-3600.0, fresh=False)
    behind.board.tell(fleet_message(stamp(-3595.0)))
    assert "old" not in text_of(behind)


def test_a_machine_whose_clock_is_ahead_makes_nothing_old() -> None:
    evening = evening_of()
    for at in (5.0, 10.0):
        evening.seconds = at
        evening.board.tell(state(NODE, "jazz", at + 40.0, at, "music", "jazz", 0.9))
        evening.board.tell(fleet_message(stamp(at)))
    assert "old" not in text_of(evening)


def test_a_fleet_whose_node_is_offline_is_old_and_one_that_is_taken_back_is_gone() -> None:
    evening = evening_of(**SMALL)
    evening.board.node_is(NODE, online=False)
    assert "old: node offline · then 57 of 60 heard" in text_of(evening)
    evening.board.forget_fleet(NODE)
    assert evening.board.picture().fleets == ()
    evening.board.forget_fleet("nobody")


def test_a_station_that_fails_says_what_its_fleet_says_of_it() -> None:
    evening = evening_of(failing=1)
    evening.board.source_is((NODE, "station-0000"), available=False)
    evening.board.source_is((NODE, "station-0009"), available=False)
    text = text_of(evening, 120, 24, view="table")
    assert "unavailable: reconnecting: HTTP 404 Not Found" in text
    assert "unavailable: its node does not hear it" in text


@given(st.dictionaries(st.sampled_from([*fleet_message(""), "other"]), json_values))
@settings(max_examples=40, deadline=None)
def test_whatever_a_message_holds_it_can_be_drawn(changes: dict[str, object]) -> None:
    evening = evening_of()
    evening.board.tell(fleet_message(stamp(0)) | changes | {"type": "fleet", "node": NODE})
    for view in ("fleet", "table"):
        lines = lines_of(evening, view=view)
        assert {cell_len(line) for line in lines} == {80}


@given(st.lists(st.dictionaries(st.sampled_from(list(fleet_message("")["groups"][0])), json_values)))
@settings(max_examples=25, deadline=None)
def test_whatever_its_lists_hold_they_can_be_drawn(rows: list[dict[str, object]]) -> None:
    evening = evening_of(machines=0, groups=rows, failing=0)
    evening.board.tell(fleet_message(stamp(1)) | {"machines": rows, "failing": rows, "groups": rows})
    assert {cell_len(line) for line in lines_of(evening, 120, 30)} == {120}


def test_what_is_missing_is_not_told() -> None:
    fleet = read_fleet({"type": "fleet", "node": NODE})
    assert fleet.stations.heard is None
    assert fleet.lag_seconds is None
    assert not fleet.in_trouble


def test_a_watcher_hears_of_fleets() -> None:
    assert f"streamgenre/{NODE}/fleet" in watched_filters("streamgenre", NODE)
    told = fleet_message(stamp(0))
    heard = overhear("streamgenre", f"streamgenre/{NODE}/fleet", json.dumps(told).encode(), kept=True)
    assert heard is not None
    assert heard.leaf == "fleet"
    assert heard.payload == told


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 20), (60, 8)])
@pytest.mark.parametrize("at", [0, 1, 57, 118, 119])
def test_only_what_can_be_seen_is_pictured_and_nobody_sees_it(width: int, height: int, at: int) -> None:
    evening = Evening()
    for number in range(120):
        evening.board.tell(state("bar", f"s-{number:03}", 0.0, -60.0, "music", "jazz", 0.9))
    evening.board.tell(source("bar", "s-100", 0.0, "stalled", "no sound"))
    chosen = ("bar", f"s-{at:03}")
    part, whole = evening.board.picture(near=(chosen, height)), evening.board.picture()
    assert len(part.pictures) <= 2 * height + 1
    assert len(part.outlines) == len(whole.pictures) == 120
    frames = [compose(board, Controls(chosen=chosen), width, height, PLAIN).lines for board in (part, whole)]
    assert frames[0] == frames[1]
