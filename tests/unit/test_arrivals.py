"""Age, flow and gaps of what arrives, by a clock that the tests move."""

from __future__ import annotations

import pytest

from streamgenre.arrivals import ArrivalWatch


class Feed:
    """Audio that arrives in blocks of a tenth of a second."""

    def __init__(self) -> None:
        self.now = 50.0
        self.received = 0.0
        self.watch = ArrivalWatch(self.now)
        self.watch.opened(self.now)

    def run(self, seconds: float, speed: float = 1.0) -> None:
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.received += 0.1 * speed
            self.watch.note(self.now, self.received, arrived=speed > 0)

    def reopen(self) -> None:
        self.received = 0.0
        self.watch.opened(self.now)


def test_before_the_first_sample_nothing_is_known():
    feed = Feed()
    feed.run(3.0, speed=0.0)
    assert feed.watch.last_audio_seconds_ago(feed.now) is None
    assert feed.watch.flow(feed.now) is None
    assert feed.watch.upstream_gap_seconds == 0.0


def test_audio_in_time_is_whole():
    feed = Feed()
    feed.run(60.0)
    assert feed.watch.flow(feed.now) == pytest.approx(1.0)
    assert feed.watch.upstream_gap_seconds == 0.0


@pytest.mark.parametrize("lost_seconds", [0.1, 0.7, 3.0, 30.0])
def test_what_never_comes_is_a_gap(lost_seconds):
    feed = Feed()
    feed.run(33.0)
    feed.run(lost_seconds, speed=0.0)
    feed.run(60.0)
    assert feed.watch.upstream_gap_seconds == pytest.approx(lost_seconds, abs=0.06)


@pytest.mark.parametrize("late_seconds", [1.0, 4.0, 30.0])
def test_what_comes_late_is_none(late_seconds):
    feed = Feed()
    feed.run(33.0)
    feed.run(late_seconds, speed=0.0)
    feed.run(0.1, speed=10 * late_seconds + 1)
    feed.run(60.0)
    assert feed.watch.upstream_gap_seconds == pytest.approx(0.0, abs=0.06)


def test_a_burst_at_the_start_hides_no_later_loss():
    feed = Feed()
    feed.run(0.1, speed=40.0)
    feed.run(60.0)
    feed.run(2.0, speed=0.0)
    feed.run(60.0)
    assert feed.watch.upstream_gap_seconds == pytest.approx(2.0, abs=0.06)


@pytest.mark.parametrize("parts_per_million", [-500, 500])
def test_quartz_drift_is_no_gap(parts_per_million):
    feed = Feed()
    feed.run(3600.0, speed=1 + parts_per_million * 1e-6)
    assert feed.watch.upstream_gap_seconds == 0.0


def test_an_outage_is_a_gap_from_the_last_sample_to_the_next():
    feed = Feed()
    feed.run(30.0)
    feed.run(5.0, speed=0.0)
    feed.reopen()
    feed.run(7.0, speed=0.0)
    feed.run(30.0)
    assert feed.watch.upstream_gap_seconds == pytest.approx(12.1, abs=0.1)


def test_the_flow_is_that_of_the_last_seconds():
    feed = Feed()
    feed.run(30.0)
    feed.run(5.0, speed=0.2)
    assert feed.watch.flow(feed.now) == pytest.approx(0.6, abs=0.05)
    feed.run(10.0, speed=0.2)
    assert feed.watch.flow(feed.now) == pytest.approx(0.2, abs=0.05)


def test_what_a_trickle_lost_counts_when_it_is_opened_again():
    feed = Feed()
    feed.run(30.0)
    feed.run(20.0, speed=0.3)
    feed.reopen()
    feed.run(30.0)
    assert feed.watch.upstream_gap_seconds == pytest.approx(14.1, abs=0.3)


def test_after_a_sleep_the_flow_is_measured_anew():
    feed = Feed()
    feed.run(30.0)
    feed.now += 3600.0
    feed.run(2.0)
    assert feed.watch.flow(feed.now) is None
    feed.run(10.0)
    assert feed.watch.flow(feed.now) == pytest.approx(1.0)
