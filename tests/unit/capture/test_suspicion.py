from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.decoders.suspicion import MEMORY_SECONDS, Suspicion


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("crashes", "allowed"), [(0, 16), (1, 4), (2, 1), (3, 1), (200, 1)])
def test_each_crash_leaves_a_suspect_a_quarter_of_the_company(crashes, allowed):
    suspicion = Suspicion(Clock())
    for _ in range(crashes):
        suspicion.note_crash(["a", "b"])
    assert [suspicion.allowed_streams(url, 16) for url in "ab"] == [allowed, allowed]
    assert suspicion.allowed_streams("another", 16) == 16


def test_a_quiet_hour_clears_the_name():
    clock = Clock()
    suspicion = Suspicion(clock)
    suspicion.note_crash(["a"])
    clock.now += MEMORY_SECONDS - 1
    assert suspicion.allowed_streams("a", 16) == 4
    clock.now += 1
    assert suspicion.allowed_streams("a", 16) == 16
    suspicion.note_crash(["b"])
    assert list(suspicion._crashes) == ["b"]


@given(st.integers(1, 64), st.integers(2, 16))
def test_a_stream_that_always_crashes_soon_harms_nobody(stations, group_streams):
    """Groups are filled as the pool does it: with those of equal standing, in any order."""
    suspicion = Suspicion(Clock())
    harmed = 0
    for _ in range(5):
        allowed = suspicion.allowed_streams("0", group_streams)
        others = map(str, range(1, stations))
        equals = [url for url in others if suspicion.allowed_streams(url, group_streams) == allowed]
        group = ["0", *equals[: allowed - 1]]
        harmed += len(group) - 1
        suspicion.note_crash(group)
    assert suspicion.allowed_streams("0", group_streams) == 1
    assert harmed <= (group_streams - 1) + (group_streams // 4 - 1 if group_streams >= 4 else 0)
