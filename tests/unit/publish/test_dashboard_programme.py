"""A programme known beforehand: the plan over the ribbon, the part in the title, the report at the end."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from streamgenre.messages import State, Status
from streamgenre.publish.dashboard import DashboardView, Look, Part, heard_parts, part_report
from streamgenre.publish.dashboard.look import Depth
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.screen import allot, render
from tests.unit.publish.dashboard_script import Clock, shown, state

PARTS = (
    Part(0.0, 10.0, "Blue Hour", "trio", "a jazz trio", "music", ("jazz",)),
    Part(10.0, 16.0, "Nothing", "silent", "digital silence", "silence"),
    Part(16.0, 30.0, "Second Gear", "rock", "two guitars, cut off", "music", ("rock", "metal")),
)
PLAIN = Look(depth="none")
TOLD: tuple[tuple[float, Status, str | None], ...] = (
    *((at / 2, "music", "jazz") for at in range(1, 23)),
    *((at / 2, "silence", None) for at in range(23, 34)),
    *((at / 2, "music", "pop") for at in range(34, 61)),
)


def heard_until(seconds: float) -> tuple[Picture, list[State]]:
    view = DashboardView("bar", "programme", "genre", parts=PARTS, now=Clock())
    states: list[State] = []
    since = 0.0
    for at, status, genre in TOLD:
        if at > seconds:
            break
        since = since if states and (states[-1].status, states[-1].genre) == (status, genre) else at - 0.5
        states.append(state(at, status, genre, since_seconds=since, confidence=0.6))
        view.update(states[-1])
    return view.picture(), states


def report_of(
    seconds: float, width: int = 100, look: Look = PLAIN, labels: tuple[str, ...] = ("jazz", "rock")
) -> list[str]:
    picture, states = heard_until(seconds)
    report = part_report(picture, heard_parts(PARTS, states, labels), width, look)
    return [line.rstrip() for line in shown(report, width).split("\n")]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60), (40, 12)])
@pytest.mark.parametrize(("seconds", "place"), [(4.0, 0), (12.0, 1), (20.0, 2)])
def test_the_part_that_is_played_is_always_named(width: int, height: int, seconds: float, place: int) -> None:
    text = shown(render(heard_until(seconds)[0], width, height, PLAIN), width, height)
    assert PARTS[place].title in text
    if width >= 80:
        assert f"{PARTS[place].title}: {PARTS[place].style} (part {place + 1} of 3)" in text
        assert all(part.kind in text for part in PARTS)


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("depth", ["none", "few", "many"])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60), (60, 18), (20, 5), (1, 1)])
def test_the_screen_is_filled_exactly(unicode: bool, depth: Depth, width: int, height: int) -> None:
    lines = shown(render(heard_until(21.0)[0], width, height, Look(unicode, depth)), width, height)
    cells = [cell_len(line) for line in lines.removesuffix("\n").split("\n")]
    assert cells == [width] * height
    assert sum(allot(height, planned=True).values()) == height
    assert unicode or lines.isascii()


def test_the_plan_stands_over_what_was_heard() -> None:
    lines = shown(render(heard_until(30.0)[0], 60, 30, PLAIN), 60, 30).split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("trio"))
    plan, band = lines[at], lines[at + 1]
    assert [plan.index(kind) for kind in ("trio", "silent", "rock")] == [0, 21, 33]
    assert [band.index(name) for name in ("jazz", "silen", "pop")] == [1, 24, 35]


def test_the_report_is_truthful_where_the_model_errs() -> None:
    lines = report_of(30.0)
    assert lines[1].split() == [
        "✓",
        "Blue",
        "Hour",
        "a",
        "jazz",
        "trio",
        "jazz",
        "10",
        "of",
        "10",
        "s",
        "60",
        "%",
    ]
    assert lines[2].startswith("✓ Nothing ")
    assert "silence" in lines[2]
    assert "5 of 6 s" in lines[2]
    assert lines[3].startswith("✗ Second Gear ")
    assert "pop" in lines[3]
    assert "2 of 3 heard longest as what they are; the others are the model's own errors" in lines


def test_what_the_model_has_no_word_for_is_no_error_of_its() -> None:
    lines = report_of(30.0, labels=("jazz", "pop"))
    assert lines[3].startswith("· Second Gear ")
    assert "2 of 2 heard longest as what they are" in lines


def test_a_programme_broken_off_is_reported_as_far_as_it_went() -> None:
    assert [line[2:11] for line in report_of(12.0)[1:3]] == ["Blue Hour", "Nothing  "]
    assert not any("Second Gear" in line for line in report_of(12.0))
    assert "2 of 7 s" not in "".join(report_of(12.0))


def test_what_was_believed_before_a_part_that_was_broken_off_is_no_error() -> None:
    states = [state(at / 2, "music", "jazz", confidence=0.8) for at in range(1, 23)]
    assert [one.fits for one in heard_parts(PARTS, states, ["jazz"])] == [True, None]


def test_a_part_shorter_than_what_the_model_hears_at_once_is_no_error() -> None:
    states = [state(at / 2, "unknown", None, confidence=None, reason="filling") for at in range(1, 21)]
    assert heard_parts(PARTS, states, ["jazz"])[0].fits is None


def test_a_part_broken_off_before_anything_was_known_is_no_error() -> None:
    states = [state(at / 2, "unknown", None, confidence=None) for at in range(1, 5)]
    (heard,) = heard_parts(PARTS, states, ["jazz"])
    assert (heard.name, heard.fits) == ("unknown", None)
    states = [state(at / 2, "unknown", None, confidence=None) for at in range(1, 21)]
    assert heard_parts(PARTS, states, ["jazz"])[0].fits is False


@pytest.mark.parametrize("width", range(1, 111))
def test_a_figure_is_there_whole_or_not_at_all(width: int) -> None:
    row = report_of(30.0, width)[1]
    assert ("10 of 10 s" in row) == (width >= 36) == any(digit in row for digit in "0123456789")
    assert ("60 %" in row) == (width >= 49) == ("%" in row)


@pytest.mark.parametrize("width", [30, 40, 60, 79, 80, 110, 200])
def test_the_report_keeps_to_any_width(width: int) -> None:
    for unicode in (True, False):
        lines = report_of(30.0, width, Look(unicode, "none"))
        assert max(cell_len(line) for line in lines) <= width
        assert any(line.startswith(("✗ Second Gear", "x Second Gear")) for line in lines)
