"""The papers' expert features against librosa over the same samples."""

from __future__ import annotations

import warnings

import librosa
import numpy as np
import pytest
import soundfile
import soxr

from streamgenre.features.handmade import HANDMADE_COLUMNS, HandmadeSettings, handmade_features
from streamgenre.features.handmade.chroma_filterbank import chroma_weights
from tests.support.shared import SHARED, needs_shared

"""One worker: librosa compiles kernels at first use, and two that keep them at once have crashed."""

RATE_HZ, SIZE = 22050, 66150
TIME = np.arange(SIZE) / RATE_HZ
RELATIVE = 2e-5
ABSOLUTE = {"rolloff_mean": 0.2, "rolloff_var": 500.0, "spectral_centroid_var": 0.05}
"""A roll-off is a bin: where two are level, rounding may choose the other, 11 Hz away, in a frame or two."""
ABSOLUTE_MFCC = 5e-5


def noise(amplitude: float = 0.1, size: int = SIZE) -> np.ndarray:
    return amplitude * np.random.default_rng(1).standard_normal(size)


SOUNDS = {
    "noise": noise(),
    "faint noise": noise(1e-4),
    "chirp": 0.5 * np.sin(2 * np.pi * (50 * TIME + 1500 * TIME**2)),
    "tone": 0.25 * np.sin(2 * np.pi * 440 * TIME),
    "digital zero": np.zeros(SIZE),
    "constant": np.full(SIZE, 0.25),
    "clicks": np.where(np.arange(SIZE) % 5000 == 0, 0.9, 0.0),
    "loud, then nothing": np.where(TIME < 1.5, noise(), 0.0),
    "odd length": noise(size=66_001),
    "one second": noise(size=RATE_HZ),
    "less than a frame": noise(size=700),
    "thirty seconds": noise(size=661_500),
}


def librosa_columns(sound: np.ndarray, settings: HandmadeSettings) -> np.ndarray:
    spectral = {"y": sound, "sr": settings.sample_rate_hz, "n_fft": settings.n_fft}
    hop = {"hop_length": settings.hop_samples}
    frames = {"frame_length": settings.n_fft} | hop
    feature = librosa.feature
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of frames longer than the sound
        values = {
            "chroma_stft": feature.chroma_stft(**spectral, **hop, tuning=0.0),
            "rms": feature.rms(y=sound, **frames),
            "spectral_centroid": feature.spectral_centroid(**spectral, **hop),
            "spectral_bandwidth": feature.spectral_bandwidth(**spectral, **hop),
            "rolloff": feature.spectral_rolloff(**spectral, **hop, roll_percent=0.85),
            "zero_crossing_rate": feature.zero_crossing_rate(sound, **frames),
        }
        mfccs = feature.mfcc(**spectral, **hop, n_mfcc=20)
    values |= {f"mfcc{number}": row for number, row in enumerate(mfccs, 1)}
    names = [column.rpartition("_") for column in settings.columns]
    return np.array([getattr(np, what)(values[name].astype(np.float64)) for name, _, what in names])


def assert_equal_to_librosa(sound: np.ndarray, settings: HandmadeSettings) -> None:
    ours, theirs = handmade_features(sound, settings), librosa_columns(sound, settings)
    assert ours.dtype == np.float32
    for column, one, other in zip(settings.columns, ours, theirs, strict=True):
        absolute = ABSOLUTE.get(column, ABSOLUTE_MFCC if column.startswith("mfcc") else 1e-7)
        assert abs(one - other) <= RELATIVE * abs(other) + absolute, (column, one, other)


@pytest.mark.parametrize("name", SOUNDS)
def test_every_column_is_librosas(name):
    assert_equal_to_librosa(SOUNDS[name].astype(np.float32), HandmadeSettings())


@pytest.mark.parametrize(("n_fft", "hop"), [(512, 128), (1024, 1000), (4096, 100)])
def test_other_frames_at_another_rate(n_fft, hop):
    settings = HandmadeSettings(16000, 8192, n_fft, hop)
    assert_equal_to_librosa(noise(size=8192).astype(np.float32), settings)


@needs_shared
@pytest.mark.data
@pytest.mark.parametrize("genre", ["classical", "hiphop", "jazz", "metal"])
def test_real_clips(genre):
    for path in sorted((SHARED / "data" / "gtzan" / "audio" / genre).glob("*.opus"))[:4]:
        sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        sound = soxr.resample(sound.mean(axis=1), rate_hz, RATE_HZ)
        assert_equal_to_librosa(sound, HandmadeSettings())


@pytest.mark.parametrize(("rate_hz", "n_fft"), [(22050, 2048), (16000, 512), (44100, 8192)])
def test_the_chroma_filterbank_is_librosas(rate_hz, n_fft):
    theirs = librosa.filters.chroma(sr=rate_hz, n_fft=n_fft, tuning=0.0)
    np.testing.assert_allclose(chroma_weights(rate_hz, n_fft), theirs, atol=1e-6)


def test_chosen_columns_are_the_same_numbers_in_the_order_asked():
    sound, columns = noise().astype(np.float32), ("mfcc7_var", "rms_mean", "rolloff_var", "mfcc7_mean")
    every = dict(zip(HANDMADE_COLUMNS, handmade_features(sound, HandmadeSettings()), strict=True))
    for chosen in (columns, columns[:1], columns[1:2], columns[2:3]):
        some = handmade_features(sound, HandmadeSettings(columns=chosen))
        assert some.tolist() == [every[column] for column in chosen]


def test_features_of_nothing_are_refused():
    with pytest.raises(ValueError, match="no samples"):
        handmade_features(np.empty(0, np.float32), HandmadeSettings())
