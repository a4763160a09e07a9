"""Ratios, goals, and what is told of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.bench.goals import _GOALS, LARGE, at_least, at_most, goal_of
from streamgenre.bench.machine import Machine
from streamgenre.bench.report import Report, cells, markdown, notes, report_of
from streamgenre.bench.rows import SHARE, compared, failed, measured, missing
from streamgenre.bench.sections import SECTIONS
from streamgenre.bench.subjects import Subject, measure_all
from tests.bench.performance_tables import BEGIN, DOCUMENT, END, filled, joined

CLIP = f"whole clip, {LARGE}"
MACHINE = Machine("a processor", 2, ("avx2",), "Linux", "3.11", 0.1, 100.0, 20.0)
SECONDS = st.floats(1e-6, 1e3)


def report(*rows) -> Report:
    return Report(MACHINE, {"numpy": "2", "torch": None}, 3, quick=False, rows=rows)


def test_a_peer_that_takes_longer_is_so_many_times_slower():
    row = compared("front-end", CLIP, "µs a frame", [2.0, 2.0, 4.0], "librosa", [20.0, 24.0, 60.0])
    assert (row.ours, row.theirs, row.ratio, row.spread, row.n) == (2.0, 24.0, 12.0, (11.0, 13.5), 3)
    assert (row.goal, row.met) == ("≥ 8", True)


def test_a_share_is_ours_over_theirs():
    row = compared("inference", "msd_musicnn, hop 0.5 s", "ms", [5.0], "whole window", [10.0], ratio_is=SHARE)
    assert (row.ratio, row.goal, row.met) == (0.5, "≤ 0.45", False)


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=9))
def test_the_two_ratios_are_each_others_inverse(pairs):
    ours, theirs = zip(*pairs, strict=True)
    less = compared("s", "n", "s", ours, "p", theirs).spread
    share = compared("s", "n", "s", ours, "p", theirs, ratio_is=SHARE).spread
    if len(pairs) == 1:
        assert less[0] * share[0] == pytest.approx(1, rel=1e-3)
    assert less[0] <= less[1]
    assert share[0] <= share[1]


def test_a_figure_of_ours_may_have_a_goal_of_its_own():
    assert measured("memory", "listen, steady", "MiB", [290.0, 310.0, 299.0]).met is True
    assert measured("memory", "listen, steady", "MiB", [301.0]).met is False
    assert measured("memory", "something else", "MiB", [1.0]).met is None


def test_bounds_include_themselves():
    assert at_least(8).met(8)
    assert at_most(0.5).met(0.5)
    assert not at_least(8).met(7.99)


def test_goals_belong_to_sections_there_are():
    assert {section for section, _, _ in _GOALS} <= set(SECTIONS)


def test_a_missing_peer_says_how_to_get_it():
    row = missing("front-end", CLIP, "µs a frame", "torch", "install it")
    assert (row.ours, row.ratio, row.met, row.goal) == (
        None,
        None,
        None,
        str(goal_of("front-end", CLIP, "torch")),
    )
    assert notes([row, row]) == ["torch: install it"]


def test_one_subject_that_breaks_leaves_the_others():
    def breaks():
        raise OSError("no disk")

    rows = list(
        measure_all(
            "s",
            [
                Subject("one", lambda: [measured("s", "one", "s", [1.0])]),
                Subject("two", breaks),
                Subject("three", lambda: [measured("s", "three", "s", [3.0])]),
            ],
        )
    )
    assert [(row.name, row.error) for row in rows] == [
        ("one", None),
        ("two", "OSError: no disk"),
        ("three", None),
    ]
    assert report(*rows).failed


def test_a_report_is_read_back_as_it_was():
    rows = (
        compared("front-end", CLIP, "µs", [1.0, 2.0], "librosa", [9.0, 9.0]),
        measured("memory", "listen, steady", "MiB", [np.float64(200.0)]),
        failed("idle", "genre", "broken"),
    )
    first = report(*rows)
    payload = json.loads(json.dumps(first.payload()))
    assert list(payload) == ["schema", "machine", "versions", "rounds", "quick", "rows"]
    assert report_of(payload) == first


def test_tables_show_what_was_measured_and_note_the_rest():
    rows = (
        compared("front-end", CLIP, "µs", [1.0, 1.0], "librosa", [9.0, 9.0]),
        missing("front-end", CLIP, "µs", "torch", "not installed"),
        failed("idle", "genre", "broken"),
    )
    text = markdown(report(*rows))
    assert f"| {CLIP} | µs | 1 | librosa | 9 | 9 × less | 9–9 | 2 | ≥ 8 | yes |" in text
    assert "torch: not installed." in text
    assert "genre: broken." in text
    assert "100 GFLOP/s" in text
    assert cells(rows[2])[1:] == ("", "", "", "", "", "", "", "", "")


def test_the_document_has_a_place_for_the_tables():
    document = DOCUMENT.read_text(encoding="utf-8")
    text = filled(document, "TABLES")
    assert text.count("TABLES") == 1
    assert filled(text, "OTHERS") == filled(document, "OTHERS")
    with pytest.raises(ValueError, match="measured: begin"):
        filled("nothing", "TABLES")
    assert BEGIN in text
    assert END in text


def test_a_section_measured_again_takes_the_place_of_the_first():
    one = report(measured("a", "x", "s", [1.0]), measured("b", "y", "s", [2.0]))
    two = report(measured("a", "x", "s", [3.0]))
    assert [(row.section, row.ours) for row in joined([one, two]).rows] == [("a", 3.0), ("b", 2.0)]
