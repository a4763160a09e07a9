"""What a broker may carry that no node of ours sends, and clocks that jump."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from streamgenre.cli.watching import LineWatcher
from streamgenre.publish.broker_watch_topics import Overheard
from streamgenre.publish.dashboard.board import MOST_SOURCES
from streamgenre.publish.dashboard.controls import Controls
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.overview import compose
from streamgenre.publish.dashboard.reading import MOST_ROWS
from streamgenre.publish.dashboard.terminal import can_show
from tests.unit.publish.dashboard_board import EVENING, Evening, alarm, source, state, title
from tests.unit.publish.dashboard_script import shown

KEY = ("bar", "counter")


def told(at: float = 0.0, since: float = -10.0, **changes: object) -> dict[str, object]:
    return state(*KEY, at, since, "music", "jazz", 0.9) | changes


def screen(evening: Evening, view: str = "table") -> str:
    controls = Controls(view=view)  # type: ignore[arg-type]
    return shown(compose(evening.board.picture(), controls, 100, 40, Look(depth="many")), 100, 40)


def live_line(text: str) -> Overheard:
    return Overheard(*KEY, "state", text, kept=False)


@pytest.mark.parametrize("view", ["table", "detail"])
@pytest.mark.parametrize("far", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_times_at_the_ends_of_the_calendar_are_drawn(view: str, far: str) -> None:
    evening = Evening()
    evening.board.tell(told() | {"since": far})
    evening.board.tell(source(*KEY, 0.0, "stalled", "x") | {"time": far})
    evening.board.tell(told(type="segment", start=far, end=far))
    evening.board.tell(told(time=far))
    assert "jazz" in screen(evening, view).lower() or view == "detail"


@pytest.mark.parametrize("view", ["table", "detail"])
def test_half_a_character_is_drawn(view: str) -> None:
    evening = Evening()
    evening.board.tell(told(genre="\ud800", title="\udfff", top=[{"label": "\ud800", "p": 0.5}]))
    assert screen(evening, view).encode()


def test_alarms_without_end_are_not_kept() -> None:
    evening = Evening()
    evening.board.tell(told(alarms=[f"kind {n}" for n in range(5000)]))
    for number in range(100):
        evening.board.tell(alarm(*KEY, 1.0, f"another {number}", -30.0))
    assert len(evening.board.picture().pictures[0].alarms) == MOST_ROWS


def test_accounts_of_a_source_without_a_name_are_no_source() -> None:
    evening = Evening()
    account = {"type": "diagnostics", "time": told()["time"], "accounts": {"lost": 0}}
    evening.board.tell({"type": "diagnostics", "node": "bar", "sources": [account]})
    assert evening.board.picture().keys == ()


def test_the_last_words_of_a_source_that_was_removed_do_not_bring_it_back() -> None:
    evening = Evening()
    evening.board.tell(told())
    evening.board.forget(KEY)
    evening.board.tell(source(*KEY, 1.0, "ended", "removed"))
    evening.board.tell(
        {"type": "diagnostics", "node": "bar", "sources": [told(type="diagnostics", accounts={})]}
    )
    picture = evening.board.picture()
    assert picture.keys == ()
    assert [one.words for one in picture.happenings] == ["ended: removed"]
    evening.board.source_is(KEY, available=True)
    assert evening.board.picture().keys == (KEY,)


def test_a_node_that_is_known_is_heard_of_however_many_there_are() -> None:
    evening = Evening()
    for number in range(MOST_SOURCES + 10):
        evening.board.node_is(f"node-{number}", online=True)
    evening.board.node_is("node-0", online=False)
    nodes = evening.board.picture().nodes
    assert len(nodes) == MOST_SOURCES
    assert [node.id for node in nodes if node.online is False] == ["node-0"]


def test_a_clock_that_is_set_back_freezes_neither_title_nor_condition() -> None:
    evening = Evening()
    evening.board.tell(told(at=7200.0, since=7100.0, title="the old clock's"))
    evening.board.tell(source(*KEY, 7200.0, "reconnecting", "refused"))
    evening.board.tell(told(title="playing now"))
    evening.board.tell(source(*KEY, 1.0, "online", None))
    (picture,) = evening.board.picture().pictures
    assert picture.title == "playing now"
    assert picture.standing.condition == "online"
    evening.board.tell(title(*KEY, 2.0, "and next"))
    assert evening.board.picture().pictures[0].title == "and next"


@pytest.mark.parametrize("kept", ["state", "diagnostics", "live"])
def test_what_was_kept_under_a_clock_since_set_back_keeps_no_source_alive(kept: str) -> None:
    evening = Evening()
    future = told(at=3600.0, since=3590.0)
    match kept:
        case "state":
            evening.board.tell(future, fresh=False)
        case "live":
            evening.board.tell({"type": "live", "node": "bar", "source": "counter", "state": future})
        case _:
            evening.board.tell(told(at=-60.0))
            evening.board.tell(future | {"type": "diagnostics", "accounts": {}}, fresh=False)
    evening.board.tell(told())
    (picture,) = evening.board.picture().pictures
    assert picture.ahead_seconds == 0.0
    assert picture.standing.condition == "online"
    assert picture.passages[-1].end_seconds == picture.now_seconds == EVENING
    for seconds in (91.0, 3000.0, 3700.0)[: 2 if kept == "diagnostics" else 3]:
        evening.seconds = seconds
        (picture,) = evening.board.picture().pictures
        assert picture.standing.condition == "stale"
        assert picture.age_seconds == seconds


def test_what_is_counted_as_trouble_is_marked_as_such() -> None:
    evening = Evening()
    evening.board.tell(told())
    evening.board.tell(alarm(*KEY, 0.0, "dead_air", -30.0))
    assert "1 in trouble" in screen(evening)
    evening.board.tell(source(*KEY, 1.0, "ended", "the file is over"))
    assert "in trouble" not in screen(evening)


def test_lines_of_strangers_are_json_or_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    watcher = LineWatcher()
    deep = '{"a": ' * 900 + "1" + "}" * 900
    for text in ('{"title": "\\ud800"}', '{"p": 1e999, "q": NaN, "r": -Infinity}', deep, '{"last": 1}'):
        watcher.heard(live_line(text))
    assert watcher.failure is None
    lines = capsys.readouterr().out.splitlines()
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert json.loads(lines[1])["p"] is None
    assert json.loads(lines[-1])["last"] == 1


def test_a_pipe_is_no_terminal_whatever_rich_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    with (tmp_path / "lines").open("w") as file:
        console = Console(file=file)
        assert console.is_terminal
        assert not can_show(console)
