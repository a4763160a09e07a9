"""Turns, repeats and what counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamgenre.bench import timer
from streamgenre.bench.effort import QUICK
from streamgenre.bench.timer import Way, at_once, interleaved


class Clock:
    """CPU time that passes only where it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def process_time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timer.time, "process_time", clock.process_time)
    return clock


def takes(clock: Clock, seconds: float, log: list[str], name: str):
    def run() -> None:
        clock.now += seconds
        log.append(name)

    return run


def test_each_way_has_its_turn_in_each_round(clock):
    log: list[str] = []
    effort = replace(QUICK, rounds=4, least_seconds=0.0)
    ways = {name: at_once(takes(clock, 1.0, log, name)) for name in "ab"}
    found = interleaved(ways, effort)
    assert found == {"a": [1.0] * 4, "b": [1.0] * 4}
    assert "".join(log) == "aabb" + "ab" * 4


def test_short_ways_are_repeated_and_told_for_one(clock):
    log: list[str] = []
    effort = replace(QUICK, rounds=3, least_seconds=1.0)
    found = interleaved({"short": at_once(takes(clock, 0.25, log, "s"), count=5)}, effort)
    assert found["short"] == [0.05] * 3
    assert len(log) == 2 + 3 * 4


def test_preparation_is_not_timed(clock):
    def prepare():
        clock.now += 100.0
        return takes(clock, 2.0, [], "")

    found = interleaved({"way": Way(prepare)}, replace(QUICK, rounds=3, least_seconds=0.0))
    assert found["way"] == [2.0] * 3
