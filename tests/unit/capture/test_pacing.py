from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.pacing import Pacer


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds


@given(st.lists(st.integers(0, 5000), max_size=20), st.floats(0.001, 0.5))
def test_nothing_is_given_before_its_last_sample_has_sounded(lengths, timeout):
    clock = FakeClock()
    pacer = Pacer(1000, clock)
    end = 0
    for length in lengths:
        end += length
        while not pacer.wait_until_due(end, timeout):
            assert clock.slept[-1] <= timeout
        assert clock.now - 1000.0 >= end / 1000 - 1e-6
        assert clock.now - 1000.0 <= end / 1000 + timeout + 1e-6


def test_time_lost_elsewhere_is_caught_up():
    clock = FakeClock()
    pacer = Pacer(1000, clock)
    assert pacer.wait_until_due(100, 1.0)
    clock.now += 5.0
    slept_before = len(clock.slept)
    assert pacer.wait_until_due(5000, 1.0)
    assert len(clock.slept) == slept_before
