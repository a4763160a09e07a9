"""Streaming log-mel: every chunking, every compression, every kernel against NumPy."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features import LogMel, LogMelSettings
from streamgenre.features.kernels.loudness import mean_squares
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


def test_what_comes_in_may_be_read_only_strided_or_float64():
    sound = mono(0.5, 8000)
    fixed, strided = sound.copy(), np.repeat(sound, 2)[::2]
    fixed.flags.writeable = False
    for other in (fixed, strided, sound.astype(np.float64)):
        assert np.array_equal(LogMel(SMALL).process(other), LogMel(SMALL).process(sound))


def test_rows_are_the_callers_own():
    front, sound = LogMel(SMALL), mono(0.5, 8000)
    rows = front.process(sound)
    before = rows.copy()
    sound[:] = 1.0
    front.process(sound)
    assert np.array_equal(rows, before)


@pytest.mark.parametrize(("n_fft", "hop"), [(256, 100), (256, 128), (64, 17), (2048, 512)])
def test_mean_squares_are_numpys(n_fft, hop):
    samples = mono(0.5, 8000)
    frames = (len(samples) - n_fft) // hop + 1
    means = mean_squares(samples, n_fft, hop, frames)
    expected = [np.mean(samples[hop * i : hop * i + n_fft].astype(np.float64) ** 2) for i in range(frames)]
    np.testing.assert_allclose(means, expected, rtol=1e-12)
    assert np.array_equal(mean_squares(samples[hop:], n_fft, hop, frames - 1), means[1:])


@pytest.mark.parametrize("n_mels", [1, 7, 8, 20, 40])
@pytest.mark.parametrize("n_fft", [64, 128, 256, 512, 1024, 2048, 4096, 8192])
def test_mel_power_is_its_numpy_twin(n_fft, n_mels):
    """Within 0.0005 dB above −80 dB, however much louder the rest of the frame, and 0.005 above −100."""
    hop = min(100, n_fft)
    settings = LogMelSettings(8000, n_fft, hop, n_mels, compression="power")
    sound = mono(1.1, 8000)
    window = np.sin(np.pi * np.arange(n_fft) / n_fft) ** 2
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), n_fft)[::hop]
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2 @ mel_weights(settings).T.astype(np.float64)
    rows = LogMel(settings).process(sound)
    assert rows.shape == power.shape
    errors = np.abs(rows - power)
    assert np.all((errors <= 1e-4 * power) | (power < 1e-8))
    assert np.all((errors <= 1e-3 * power) | (power < 1e-10))


@pytest.mark.parametrize(
    ("compression", "twin"),
    [
        ("db", lambda x: 10 * np.log10(np.maximum(x, 1e-10))),
        ("log10_10k", lambda x: np.log10(10000 * x + 1)),
    ],
)
def test_compression_is_its_numpy_twin(compression, twin):
    sound = np.concatenate([mono(0.7, 8000), np.zeros(300, np.float32), 1e-6 * mono(0.7, 8000)])
    power = LogMel(LogMelSettings(8000, 256, 100, 20, compression="power")).process(sound)
    rows = LogMel(LogMelSettings(8000, 256, 100, 20, compression=compression)).process(sound)
    np.testing.assert_allclose(rows, twin(power.astype(np.float64)), rtol=3e-7, atol=5e-7)


def lone_line(hertz: float, settings: LogMelSettings) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(20 * settings.hop_samples) / settings.sample_rate_hz).astype(
        np.float32
    )


@pytest.mark.parametrize("hertz", [100.0, 10_000.0])
def test_what_float32_leaves_doubtful_is_done_in_float64(hertz):
    """Beside a lone line, bands lie 130 dB lower: float32 alone is more than 0.01 dB off there."""
    settings = LogMelSettings(compression="power")
    sound = 30 * lone_line(hertz, settings)
    window = np.sin(np.pi * np.arange(2048) / 2048) ** 2
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), 2048)[::512]
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2 @ mel_weights(settings).T.astype(np.float64)
    assert power.max() > 1e12 * power[power > 1e-8].min()
    errors = np.abs(LogMel(settings).process(sound) - power)
    assert np.all((errors <= 1e-4 * power) | (power < 1e-8))


def test_the_sample_after_a_frame_does_not_matter():
    sound = mono(0.5, 8000)[:256]
    alone = LogMel(SMALL).process(sound)
    for after in (1e30, np.nan):
        assert np.array_equal(LogMel(SMALL).process(np.append(sound, np.float32(after))), alone)


def test_not_a_number_stays_one():
    sound = mono(0.5, 8000)
    sound[1000] = np.nan
    assert np.isnan(LogMel(SMALL).process(sound)).any(axis=1).sum() == 3
    assert np.isfinite(LogMel(SMALL).process(sound)[11:]).all()


SCRIPT = """
import sys
import numpy as np
from streamgenre.features import LogMel, LogMelSettings
sound = np.sin(np.arange(6000) ** 1.5 / 90).astype(np.float32)
rows = {
    f"{law} {n_fft}": LogMel(LogMelSettings(8000, n_fft, min(800, n_fft), 20, compression=law)).process(sound)
    for n_fft in (64, 128, 256, 2048)
    for law in ("power", "log10_10k")
}
np.savez(sys.argv[1], **rows)
"""


def rows_of(path: Path, **environment: str) -> dict[str, np.ndarray]:
    script = [sys.executable, "-W", "error", "-c", SCRIPT, str(path)]
    subprocess.run(script, env=os.environ | environment, check=True)
    return dict(np.load(path))


def assert_same(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> None:
    for name, rows in ours.items():
        np.testing.assert_allclose(rows, theirs[name], rtol=1e-5, atol=2e-6 * rows.max(), err_msg=name)


def test_the_same_without_the_compiler(tmp_path: Path):
    """The kernels are plain Python underneath: run interpreted they give the same numbers."""
    compiled = rows_of(tmp_path / "compiled.npz", NUMBA_DISABLE_JIT="0")
    assert_same(compiled, rows_of(tmp_path / "interpreted.npz", NUMBA_DISABLE_JIT="1"))


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="these processors are x86-64")
@pytest.mark.parametrize("processor", ["haswell", "generic"])
def test_the_same_on_lesser_processors(tmp_path: Path, processor):
    lesser = rows_of(tmp_path / "lesser.npz", NUMBA_CPU_NAME=processor)
    assert_same(rows_of(tmp_path / "ours.npz"), lesser)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"n_fft": 1000}, "n_fft is 1000; it must be a power of two"),
        ({"n_fft": 32}, "n_fft is 32; it must lie between 64 and 8192"),
        ({"hop_samples": 4096}, "hop_samples is 4096"),
        ({"n_mels": 0}, "n_mels is 0"),
        ({"fmax_hz": 20000.0}, "half the sample rate, 11025"),
        ({"fmin_hz": 9000.0, "fmax_hz": 8000.0}, "fmin_hz is 9000 and fmax_hz 8000"),
        ({"mel_scale": "mel"}, "mel_scale is 'mel'; it must be one of 'slaney', 'htk'"),
        ({"compression": "ln"}, "compression is 'ln'"),
    ],
)
def test_settings_that_cannot_be_are_named(given, said):
    with pytest.raises(ValueError, match=said):
        LogMelSettings(**given)


@pytest.mark.parametrize("block", [np.zeros((9, 2), np.float32), np.zeros(9, np.int16)])
def test_channels_and_whole_numbers_are_refused(block):
    with pytest.raises(ValueError, match="mono float32 samples"):
        LogMel(LogMelSettings()).process(block)
