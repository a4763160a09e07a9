"""Clipping, phase, cancelling and DC, a whole second at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features.level import LevelMeter
from streamgenre.features.sound_condition import ConditionMeter
from streamgenre.messages import SoundCondition
from tests.support.sounds import hiss, silence, tone, tune

RATE_HZ = 8000


def conditions(sound: np.ndarray, sizes: list[int], rate_hz: int = RATE_HZ) -> list[SoundCondition]:
    level, meter, found, at, turn = LevelMeter(rate_hz, -60.0), ConditionMeter(rate_hz, -60.0), [], 0, 0
    while at < len(sound):
        size = sizes[turn % len(sizes)]
        found += meter.process(level.process(sound[at : at + size]))
        at, turn = at + size, turn + 1
    return found


def condition(sound: np.ndarray, rate_hz: int = RATE_HZ) -> SoundCondition:
    return conditions(sound, [len(sound)], rate_hz)[-1]


def stereo(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.hstack([left, right])


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(1, 100_000), min_size=1, max_size=4),
    st.sampled_from([4000, 11025, 44100]),
    st.integers(1, 4),
)
def test_any_chunking_measures_the_same(sizes, rate_hz, channels):
    sound = np.concatenate([tune(1.4, rate_hz), 9 * hiss(1.2, rate_hz), silence(0.7, rate_hz)])
    sound = np.hstack([np.roll(sound, 5 * channel) * (-1) ** channel for channel in range(channels)])
    sound = np.clip(sound, -1, 1)
    whole = conditions(sound, [len(sound)], rate_hz)
    assert [found.end_seconds for found in whole] == [1.0, 2.0, 3.0]
    assert conditions(sound, [max(size, 20) for size in sizes], rate_hz) == whole


@pytest.mark.parametrize("rate_hz", [8000, 11025, 44100, 192_000])
def test_phase_of_two_channels(rate_hz):
    left, other = hiss(1.0, rate_hz), hiss(1.0, rate_hz, seed=1)
    for right, correlation, cancelled_db in (
        (left, 1.0, 0.0),
        (-left, -1.0, 120.0),
        (-0.5 * left, -1.0, 10 * np.log10((1 + 0.25) / 2 / (0.5 / 2) ** 2)),
        (other, 0.0, 3.01),
    ):
        found = condition(stereo(left, right), rate_hz)
        assert found.phase_correlation == pytest.approx(correlation, abs=0.05)
        assert found.cancelled_db == pytest.approx(cancelled_db, abs=0.2)


def test_there_is_no_phase_in_mono_nor_beside_silence():
    sound = hiss(1.0, RATE_HZ)
    for found in (condition(sound), condition(stereo(sound, silence(1.0, RATE_HZ)))):
        assert (found.phase_correlation, found.silent) == (None, False)
        assert found.cancelled_db < 3.02
    nothing = condition(stereo(1e-4 * sound, -1e-4 * sound))
    assert (nothing.phase_correlation, nothing.cancelled_db, nothing.silent) == (None, 0.0, True)


def test_channels_that_cancel_on_dc_are_still_seen():
    sound = stereo(hiss(1.0, RATE_HZ) + np.float32(0.2), np.float32(0.2) - hiss(1.0, RATE_HZ))
    found = condition(sound)
    assert found.phase_correlation == pytest.approx(-1.0, abs=1e-6)
    assert found.cancelled_db > 60
    assert found.dc_offset == pytest.approx(0.2, abs=0.01)


def test_dc_is_that_of_the_channel_with_most_and_is_no_sound():
    steady = np.full((RATE_HZ, 1), 0.02, np.float32)
    found = condition(stereo(steady, -2 * steady))
    assert (found.dc_offset, found.silent) == (pytest.approx(-0.04), True)


def test_the_loudest_channel():
    sound = hiss(1.0, RATE_HZ)
    assert condition(np.hstack([sound, -sound])).loudest_channel == 0
    assert condition(np.hstack([sound, -2 * sound, sound])).loudest_channel == 1


def test_the_clipped_share_counts_values_of_all_channels():
    sound = np.zeros((RATE_HZ, 2), np.float32)
    sound[100:110, 0] = 1.0
    sound[100:102, 1] = -1.0
    assert condition(sound).clipped_share == 10 / (2 * RATE_HZ)
    assert condition(np.ones((2 * RATE_HZ, 1), np.float32)).clipped_share == 1.0


def test_a_second_cut_by_a_gap_is_left_out():
    level, meter = LevelMeter(RATE_HZ, -60.0), ConditionMeter(RATE_HZ, -60.0)
    assert meter.process(level.process(tone(0.9, RATE_HZ, 440))) == []
    meter.reset()
    level.reset(RATE_HZ + 100)
    found = meter.process(level.process(tone(2.2, RATE_HZ, 440)))
    assert [one.end_sample for one in found] == [3 * RATE_HZ]
