"""`fleet status` as people see it, on terminals and in pipes."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from streamgenre.cli.fleet_status_page import print_fleet_status
from streamgenre.cli.tables import PLENTY
from tests.support.fleet_messages import fleet_message, machine_name
from tests.unit.publish.dashboard_board import stamp

LINES = ["stations.csv:12: no address", "stations.csv:40: not a URL: \x1b[2Jx"]
SMALL = fleet_message(stamp(0), failing=2, waiting=1, lost=1, problems=LINES)
LARGE = fleet_message(
    stamp(0), machines=100, groups_each=8, failing=187, lost=3, gone=1, lagging=5, most_listed=10_000
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def printed(status: dict[str, object], width: int = PLENTY, **console: object) -> str:
    output = io.StringIO()
    terminal: dict[str, object] = {"force_terminal": width < PLENTY, "color_system": None, "_environ": {}}
    print_fleet_status(Console(file=output, width=width, **(terminal | console)), status)  # type: ignore[arg-type]
    return output.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("status", [SMALL, LARGE, fleet_message(stamp(0))], ids=["small", "large", "well"])
def test_nothing_is_wider_than_the_terminal(status, width: int) -> None:
    assert max(map(cell_len, printed(status, width).splitlines())) <= width


@pytest.mark.parametrize("width", [80, 200, PLENTY])
def test_one_look_says_what_matters(width: int) -> None:
    text = printed(SMALL, width)
    for fact in (
        "57 of 60 heard", "▲ 2 failing", "▲ 1 waiting", "▲ 1 group lost", "3 machines", "lag 0.0 s",
        "supervisor on head-3f2a91", "station-0000", "reconnecting: HTTP 404 Not Found", "node-3779b1-0",
        "lost", "its process ended: killed by signal 9", "0.38 of 4", "stations.csv:12: no address",
    ):  # fmt: skip
        assert fact in text, fact
    assert text.index("station-0000") < text.index("0.38 of 4")
    assert "\x1b" not in text


def test_a_terminal_is_shown_what_is_in_trouble_and_how_much_more_there_is() -> None:
    text = printed(LARGE, 80)
    assert "and 178 more: --json" in text
    assert re.search(r"and \d+ machines and \d+ groups more: --json", text)
    assert len(text.splitlines()) < 50
    assert text.index(machine_name(99)) < text.index(f"{machine_name(0)}-0")


def test_a_pipe_is_given_everything_uncut() -> None:
    text = printed(LARGE)
    assert text.count("serving") == 100 * 8 - 8 - 3
    assert "station-0186" in text
    assert "--json" not in text
    rows = [line.split() for line in text.splitlines() if "serving" in line]
    assert {len(row) for row in rows} == {10}, "no column is empty"


@pytest.mark.parametrize(("settings", "coloured"), [({"no_color": True}, False), ({}, True)])
def test_colours_are_those_of_the_terminal_or_none(settings, coloured: bool) -> None:
    text = printed(SMALL, 80, color_system="truecolor", **settings)
    codes = {code for sent in re.findall(r"\x1b\[([\d;]*)m", text) for code in sent.split(";")}
    assert (codes - {"", "0", "1", "2"} != set()) is coloured


@given(st.dictionaries(st.sampled_from([*SMALL, "other"]), json_values))
@settings(max_examples=30, deadline=None)
def test_unknown_and_missing_fields_break_nothing(changes: dict[str, object]) -> None:
    for width in (80, PLENTY):
        assert "fleet" in printed(SMALL | changes, width)
    assert "stations not told" in printed(changes | {"stations": None}, 80)
