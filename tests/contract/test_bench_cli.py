"""`streamgenre bench` as scripts see it. Nothing is timed here: figures are looked at for their shape."""

from __future__ import annotations

import json
import math

import pytest

from streamgenre.bench.peers import peer
from streamgenre.bench.sections import SECTIONS
from tests.support.program import run

ROW_KEYS = [
    *("section", "name", "unit", "ours", "peer", "theirs", "ratio", "ratio_is"),
    *("spread", "n", "goal", "met", "note", "error"),
]
QUICKEST = ("front-end", "accuracy", "inference")


@pytest.fixture(scope="module")
def quick():
    return run("bench", "--json", "--quick", *QUICKEST, seconds=200)


def numbers(row: dict) -> list[float]:
    found = [row[key] for key in ("ours", "theirs", "ratio") if row[key] is not None]
    return [*found, *(row["spread"] or [])]


def test_one_object_on_stdout_and_nothing_else(quick):
    assert (quick.returncode, quick.stderr) == (0, "")
    found = json.loads(quick.stdout)
    assert list(found) == ["schema", "machine", "versions", "rounds", "quick", "rows"]
    assert (found["schema"], found["quick"]) == (1, True)
    assert found["machine"]["sgemm_gflops"] > 0
    assert found["versions"]["onnxruntime"]


def measured_sections(done):
    """Return the sections, once every row is looked at."""
    rows = json.loads(done.stdout)["rows"]
    for row in rows:
        assert list(row) == ROW_KEYS
        assert row["error"] is None
        assert all(math.isfinite(number) for number in numbers(row))
        assert (row["met"] is None) == (row["goal"] is None or row["ours"] is None)
        assert (row["ratio"] is None) == (row["theirs"] is None)
    return {row["section"] for row in rows}


def test_sections_asked_for_are_measured(quick):
    assert measured_sections(quick) == set(QUICKEST)


@pytest.mark.slow
def test_every_section_is_measured():
    assert measured_sections(run("bench", "--json", "--quick", seconds=400)) == set(SECTIONS)


def test_absent_peers_are_named_and_have_no_ratio(quick):
    rows = json.loads(quick.stdout)["rows"]
    absent = [row for row in rows if row["section"] == "front-end" and row["peer"] and row["ratio"] is None]
    assert all("make bench" in row["note"] for row in absent)
    assert ("torch" in {row["peer"] for row in absent}) == (peer("torch") is None)


@pytest.mark.slow
def test_a_table_for_people():
    done = run("bench", "--quick", "accuracy")
    assert (done.returncode, done.stderr) == (0, "")
    assert "GFLOP/s" in done.stdout
    assert "white noise, 22050 Hz/2048/512/128" in done.stdout


def test_an_unknown_section_is_told_with_those_there_are():
    done = run("bench", "front-end", "sideways")
    assert (done.returncode, done.stdout) == (2, "")
    assert "sideways" in done.stderr
    assert "accuracy" in done.stderr


def test_help_gives_examples():
    done = run("bench", "--help")
    assert done.returncode == 0
    assert "streamgenre bench --json | jq" in done.stdout
    assert all(section in done.stdout for section in SECTIONS)
