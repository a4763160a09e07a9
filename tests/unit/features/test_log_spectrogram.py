"""Log spectrograms against SciPy, and in blocks of any size."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features.log_psd import LEAST_DENSITY, tukey
from streamgenre.features.log_spectrogram import LogSpectrogram
from streamgenre.settings import LogSpectrogramSettings
from tests.support.sounds import hiss, silence, tone, tune

RATE_HZ = 22050
ARRAYS = LogSpectrogramSettings()
SOUNDS = {
    "tune": tune(3.0, RATE_HZ)[:, 0],
    "hiss": hiss(3.0, RATE_HZ)[:, 0],
    "faint hiss": hiss(1.0, RATE_HZ, 1e-5)[:, 0],
    "tone": tone(1.0, RATE_HZ, 1234.5)[:, 0],
    "silence": silence(0.5, RATE_HZ)[:, 0],
    "constant": np.full(6000, 0.3, np.float32),
    "click": np.eye(1, 6000, 3000, dtype=np.float32)[0],
}


def scipy_rows(sound: np.ndarray, front_end: LogSpectrogramSettings) -> np.ndarray:
    """With SciPy's default overlap where the hop is an eighth short of the frame, as it is by default."""
    overlap = front_end.n_fft - front_end.hop_samples
    density = scipy.signal.spectrogram(
        sound.astype(np.float64) * 32768, front_end.sample_rate_hz, nperseg=front_end.n_fft, noverlap=overlap
    )[2]
    return density[: front_end.n_bins].T


@pytest.mark.parametrize(
    "front_end",
    [
        ARRAYS,
        LogSpectrogramSettings(n_bins=129),
        LogSpectrogramSettings(16000, 64, 64, 10),
        LogSpectrogramSettings(44100, 4096, 1000, 2049),
    ],
)
@pytest.mark.parametrize("name", SOUNDS)
def test_a_row_is_the_logarithm_of_scipys_density(name, front_end):
    ours = LogSpectrogram(front_end).process(SOUNDS[name])
    theirs = scipy_rows(SOUNDS[name], front_end)
    assert (ours.dtype, ours.shape) == (np.float32, theirs.shape)
    sure = theirs > np.maximum(1e-12 * theirs.max(axis=1, keepdims=True, initial=0), LEAST_DENSITY)
    np.testing.assert_allclose(ours[sure], np.log(theirs[sure]), atol=1e-5)
    unsure = np.exp(ours.astype(np.float64)) - np.maximum(theirs, LEAST_DENSITY)
    assert np.all(np.abs(unsure) <= 1e-5 * theirs + 1e-12 * theirs.max(axis=1, keepdims=True) + 1e-15)


def test_scipys_defaults_are_the_default_settings():
    sound = SOUNDS["tune"]
    density = scipy.signal.spectrogram(sound.astype(np.float64) * 32768, RATE_HZ)[2][:128].T
    np.testing.assert_array_equal(density, scipy_rows(sound, ARRAYS))


@pytest.mark.parametrize("size", [64, 256, 8192])
def test_the_window_is_scipys(size):
    np.testing.assert_allclose(tukey(size), scipy.signal.get_window(("tukey", 0.25), size), atol=1e-15)


def test_digital_zero_and_a_constant_lie_on_the_floor():
    for name in ("silence", "constant"):
        rows = LogSpectrogram(ARRAYS).process(SOUNDS[name])
        assert np.all(rows == np.float32(np.log(LEAST_DENSITY)))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=5))
def test_any_chunking_gives_the_same_rows(sizes):
    sound, stream = SOUNDS["tune"], LogSpectrogram(ARRAYS)
    rows, at, turn = [], 0, 0
    while at < len(sound):
        size = max(sizes[turn % len(sizes)], 5)
        rows.append(stream.process(sound[at : at + size]))
        at, turn = at + size, turn + 1
    assert np.array_equal(np.concatenate(rows), LogSpectrogram(ARRAYS).process(sound))


def test_flush_gives_nothing_and_begins_anew():
    stream = LogSpectrogram(ARRAYS)
    first = stream.process(SOUNDS["tune"][:1000])
    assert stream.flush().shape == (0, 128)
    assert np.array_equal(stream.process(SOUNDS["tune"][:1000]), first)
    assert stream.latency_samples == 256
