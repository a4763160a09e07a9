"""Streaming log-mel: every chunking, every compression, every kernel against NumPy."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features import LogMel, LogMelSettings
from streamgenre.features.kernels.fft import fft_tables, fft_work, power_spectrum
from streamgenre.features.kernels.mel import mean_squares
from streamgenre.features.mel_filterbank import mel_weights
from tests.support.sounds import hiss, tune

SMALL = LogMelSettings(sample_rate_hz=8000, n_fft=256, hop_samples=100, n_mels=20, compression="log10_10k")


def mono(seconds: float, rate_hz: int) -> np.ndarray:
    return np.concatenate([tune(seconds, rate_hz), hiss(seconds, rate_hz, 0.01)])[:, 0]


def in_blocks(front: LogMel, sound: np.ndarray, sizes: list[int]) -> np.ndarray:
    rows, at, turn = [], 0, 0
    while at < len(sound):
        rows.append(front.process(sound[at : at + sizes[turn % len(sizes)]]))
        at, turn = at + sizes[turn % len(sizes)], turn + 1
    return np.concatenate(rows)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=5))
def test_any_chunking_gives_the_same_bits(sizes):
    sound = mono(1.5, 22050)
    whole = LogMel(LogMelSettings()).process(sound)
    assert np.array_equal(in_blocks(LogMel(LogMelSettings()), sound, [max(s, 7) for s in sizes]), whole)


def test_single_samples_give_the_same_bits():
    sound = mono(0.4, 8000)
    assert np.array_equal(in_blocks(LogMel(SMALL), sound, [1]), LogMel(SMALL).process(sound))


def test_reset_begins_anew_and_flush_pads_nothing():
    front, sound = LogMel(SMALL), mono(0.5, 8000)
    first = front.process(sound)
    assert front.flush().shape == (0, 20)
    assert np.array_equal(front.process(sound), first)
    front.reset()
    assert len(front.process(sound[:255])) == 0
    assert len(front.process(sound[255:256])) == 1
    assert front.latency_samples == 256


@pytest.mark.parametrize("n_fft", [64, 128, 256, 512, 1024, 2048, 4096, 8192])
def test_power_spectrum_is_numpys(n_fft):
    rng = np.random.default_rng(n_fft)
    window, samples = np.hanning(n_fft), rng.standard_normal(n_fft).astype(np.float32)
    power = np.empty(n_fft // 2 + 1)
    power_spectrum(samples, fft_tables(window), fft_work(n_fft), power)
    expected = np.abs(np.fft.rfft(window * samples.astype(np.float64))) ** 2
    np.testing.assert_allclose(power, expected, rtol=1e-9, atol=1e-9 * expected.max())


def test_mean_squares_are_numpys():
    samples, means = mono(0.5, 8000), np.empty(20)
    mean_squares(samples, 256, 100, means)
    expected = [np.mean(samples[100 * i : 100 * i + 256].astype(np.float64) ** 2) for i in range(20)]
    np.testing.assert_allclose(means, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("compression", "twin"),
    [
        ("db", lambda x: 10 * np.log10(np.maximum(x, 1e-10))),
        ("log10_10k", lambda x: np.log10(10000 * x + 1)),
        ("power", lambda x: x),
    ],
)
def test_log_mel_is_its_numpy_twin(compression, twin):
    settings = LogMelSettings(8000, 256, 100, 20, compression=compression)
    sound = mono(0.7, 8000)
    window = np.sin(np.pi * np.arange(256) / 256) ** 2
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), 256)[::100]
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2 @ mel_weights(settings).T.astype(np.float64)
    np.testing.assert_allclose(LogMel(settings).process(sound), twin(power), rtol=2e-6, atol=1e-6)


def test_the_same_without_the_compiler():
    """The kernels are plain Python underneath: run interpreted they give the same numbers."""
    script = (
        "import numpy as np\nfrom streamgenre.features import LogMel, LogMelSettings\n"
        "sound = np.sin(np.arange(3000) ** 1.5 / 90).astype(np.float32)\n"
        "print(LogMel(LogMelSettings(8000, 256, 100, 20)).process(sound).astype(np.float64).sum())"
    )
    sums = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for disabled in ("0", "1")
    ]
    assert float(sums[0]) == pytest.approx(float(sums[1]), rel=1e-7)
