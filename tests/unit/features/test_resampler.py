"""Rates: streaming equals one-shot, aligned in time."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features.resampler import Resampler
from tests.support.sounds import hiss, tone


def resampled(sound: np.ndarray, from_hz: int, to_hz: int, sizes: list[int]) -> np.ndarray:
    resampler, parts, at, turn = Resampler(from_hz, to_hz), [], 0, 0
    while at < len(sound):
        size = sizes[turn % len(sizes)]
        parts.append(resampler.process(sound[at : at + size]))
        at, turn = at + size, turn + 1
    return np.concatenate([*parts, resampler.flush()])


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(1, 100_000), min_size=1, max_size=4),
    st.sampled_from([8000, 11025, 22050, 44100, 48000, 96000, 192_000]),
)
def test_any_chunking_equals_one_shot(sizes, from_hz):
    sound = hiss(0.31, from_hz)[:, 0]
    ours = resampled(sound, from_hz, 16000, [max(size, 3) for size in sizes])
    assert np.array_equal(ours, soxr.resample(sound, from_hz, 16000, quality="HQ"))


@pytest.mark.parametrize("from_hz", [8000, 44100, 48000, 192_000])
def test_a_tone_stays_in_its_place(from_hz):
    ours = resampled(tone(1.0, from_hz, 440)[:, 0], from_hz, 16000, [1000])
    expected = tone(1.0, 16000, 440)[:, 0]
    assert len(ours) == len(expected)
    assert np.abs(ours - expected)[800:-800].max() < 2e-4


def test_equal_rates_pass_and_reset_begins_anew():
    sound = hiss(0.2, 44100)[:, 0]
    assert np.array_equal(resampled(sound, 16000, 16000, [77]), sound)
    resampler = Resampler(44100, 16000)
    first = np.concatenate([resampler.process(sound), resampler.flush()])
    resampler.process(sound[:1000])
    resampler.reset()
    assert np.array_equal(np.concatenate([resampler.process(sound), resampler.flush()]), first)
    assert 0 < resampler.latency_samples < 1600
