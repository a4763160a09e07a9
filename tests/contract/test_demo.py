"""The built-in programme through the real pipeline, as a user starts it."""

from __future__ import annotations

from collections import Counter

import pytest

from streamgenre.capture.demonstration.programme import PROGRAMME
from tests.support.program import json_lines, run

SETTLING_SECONDS = {"silence": 1.5, "music": 4.5, "noise": 4.5}
"""Silence is measured over a second; a window is 3 s, and a change wants some backing."""


@pytest.fixture(scope="module")
def demo():
    done = run("demo", "--fast", "--json")
    assert done.returncode == 0, done.stderr
    return done


def test_the_status_is_right_on_every_stretch(demo):
    states = [line for line in json_lines(demo.stdout) if line["type"] == "state"]
    for stretch in PROGRAMME:
        begin, end = stretch.start_seconds + SETTLING_SECONDS[stretch.expected_status], stretch.end_seconds
        said = Counter(line["status"] for line in states if begin <= line["audio_seconds"] <= end)
        assert set(said) == {stretch.expected_status}, stretch.title
        assert said.total() >= 4


def test_what_is_not_sure_is_shown_as_such(demo):
    for line in json_lines(demo.stdout):
        if line["type"] == "state" and line["genre"]:
            assert line["confidence"] >= 0.3
            assert line["genre"] in {row["label"] for row in line["top"]}


def test_titles_follow_the_programme(demo):
    titles = [line["title"] for line in json_lines(demo.stdout) if line["type"] == "title"]
    assert titles == [stretch.title for stretch in PROGRAMME[1:]]


def test_it_ends_with_what_to_try_next(demo):
    for words in ("streamgenre listen PATH", "streamgenre listen mic", "streamgenre listen https://"):
        assert words in demo.stderr
