"""Levels in tenths of a second."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features.clipping import ClipCounter
from streamgenre.features.level import LevelMeter
from tests.support.sounds import hiss, silence, tone


def metered(sound: np.ndarray, rate_hz: int, sizes: list[int] | None = None) -> LevelMeter:
    meter, at, turn = LevelMeter(rate_hz, -60.0), 0, 0
    sizes = sizes or [len(sound)]
    while at < len(sound):
        size = sizes[turn % len(sizes)]
        meter.process(sound[at : at + size])
        at, turn = at + size, turn + 1
    return meter


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=4), st.sampled_from([4000, 11025, 48000]))
def test_any_chunking_measures_the_same(sizes, rate_hz):
    sound = np.concatenate([hiss(1.33, rate_hz), silence(0.7, rate_hz)])
    one, other = metered(sound, rate_hz), metered(sound, rate_hz, [max(size, 5) for size in sizes])
    assert one.reading() == other.reading()
    assert one.audible_seconds(10, len(sound)) == other.audible_seconds(10, len(sound))


@pytest.mark.parametrize("rate_hz", [8000, 11025, 44100])
def test_a_sine_has_its_level(rate_hz):
    level = metered(tone(2.0, rate_hz, 500, 0.5), rate_hz).reading()
    assert level is not None
    assert level.rms_dbfs == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.05)
    assert level.peak_dbfs == pytest.approx(20 * math.log10(0.5), abs=0.05)


def test_channels_that_cancel_are_not_silent():
    sound = np.hstack([tone(2.0, 8000, 500), -tone(2.0, 8000, 500)])
    level = metered(sound, 8000).reading()
    assert level is not None
    assert not level.silent
    assert level.rms_dbfs > -20


def test_silence_takes_a_second_and_ends_at_once():
    meter = metered(np.concatenate([tone(1.0, 8000, 500), silence(0.9, 8000)]), 8000)
    assert not meter.reading().silent
    meter.process(silence(0.1, 8000))
    assert (meter.reading().silent, meter.reading().digital_zero, meter.reading().rms_dbfs) == (
        True,
        True,
        -120.0,
    )
    meter.process(hiss(1.0, 8000, 1e-4))
    assert (meter.reading().silent, meter.reading().digital_zero) == (True, False)
    meter.process(tone(0.1, 8000, 500))
    assert not meter.reading().silent


def test_nothing_is_said_before_the_first_tenth():
    assert metered(tone(0.0999, 8000, 500), 8000).reading() is None


def test_audible_seconds_count_what_is_above_the_threshold():
    meter = metered(np.concatenate([silence(1.0, 8000), tone(2.0, 8000, 500), silence(1.0, 8000)]), 8000)
    assert meter.audible_seconds(0, 32000) == pytest.approx(2.0)
    assert meter.audible_seconds(12000, 20000) == pytest.approx(1.0)
    assert meter.audible_seconds(24000, 32000) == 0.0


def test_what_comes_later_does_not_matter():
    sound = np.concatenate([tone(1.05, 8000, 500), silence(1.0, 8000)])
    early, late = metered(sound[:8400], 8000), metered(sound, 8000)
    assert early.audible_seconds(0, 8400) == late.audible_seconds(0, 8400) == pytest.approx(1.05)


def test_spans_that_meet_add_up():
    meter = metered(hiss(4.0, 11025), 11025)
    cuts = [0, 1500, 1501, 9999, 20000, 44100]
    parts = [meter.audible_seconds(a, b) for a, b in itertools.pairwise(cuts)]
    assert sum(parts) == pytest.approx(meter.audible_seconds(0, 44100))


def test_after_a_gap_the_cut_tenth_is_left_out():
    meter = LevelMeter(8000, -60.0)
    meter.reset(8100)
    meter.process(tone(0.12, 8000, 500))
    assert meter.reading() is None
    meter.process(tone(0.1, 8000, 500))
    assert meter.reading() is not None


def test_a_run_of_clipped_samples_does_not_cross_a_gap_nor_a_change_of_channels():
    meter = LevelMeter(8000, -60.0)
    meter.process(np.ones((2, 2), np.float32))
    meter.reset(100)
    meter.process(np.ones((2, 1), np.float32))
    assert meter.clipped_samples == 0
    meter.process(np.ones((1, 1), np.float32))
    assert meter.clipped_samples == 3


def test_a_block_may_be_overwritten_once_it_was_taken():
    meter, block = LevelMeter(8000, -60.0), np.full((500, 1), 0.5, np.float32)
    meter.process(block)
    block[:] = 0.0
    meter.process(np.full((300, 1), 0.5, np.float32))
    assert meter.reading().rms_dbfs == pytest.approx(20 * math.log10(0.5))


@settings(max_examples=50)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(0, 2**20 - 1))
def test_clipping_is_counted_in_runs_of_three_for_any_chunking(sizes, bits):
    loud = np.array([(bits >> i) & 1 for i in range(20)], np.float32)[:, None]
    runs = [len(run) for run in "".join(str(int(x)) for x in loud[:, 0]).split("0")]
    counter, at, turn = ClipCounter(), 0, 0
    while at < len(loud):
        counter.process(loud[at : at + sizes[turn % len(sizes)]])
        at, turn = at + sizes[turn % len(sizes)], turn + 1
    assert counter.clipped_samples == sum(run for run in runs if run >= 3)
