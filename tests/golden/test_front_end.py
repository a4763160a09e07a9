"""The front end against librosa: golden vectors, and librosa itself."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import soundfile
import soxr

from streamgenre.features import LogMel, LogMelSettings
from streamgenre.features.mel_filterbank import mel_weights
from tests.support.shared import SHARED, needs_shared

MUSICNN = LogMelSettings(
    sample_rate_hz=16000, n_fft=512, hop_samples=256, n_mels=96, fmax_hz=8000.0, compression="log10_10k"
)
SEEDS = LogMelSettings()
HTK = LogMelSettings(mel_scale="htk", mel_norm=None)


def worst_db(ours: np.ndarray, theirs: np.ndarray) -> float:
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs)[theirs > -80].max())


@needs_shared
@pytest.mark.data
@pytest.mark.parametrize(("settings", "key"), [(SEEDS, "mel_db_slaney_center0"), (HTK, "mel_db_htk_center0")])
def test_golden_decibels(settings, key):
    golden = np.load(SHARED / "golden" / "front_end_librosa.npz")
    assert worst_db(LogMel(settings).process(golden["audio_22k"]), golden[key]) <= 1e-3


@needs_shared
@pytest.mark.data
def test_golden_musicnn():
    golden = np.load(SHARED / "golden" / "front_end_librosa.npz")
    ours, theirs = LogMel(MUSICNN).process(golden["audio_16k"]), golden["musicnn_logmel_center0"]
    assert ours.shape == theirs.shape
    assert 10 * np.abs(ours - theirs).max() <= 1e-3
    power = [np.maximum((10.0 ** x.astype(np.float64) - 1) / 10000, 1e-10) for x in (ours, theirs)]
    loud = power[1] > 1e-7  # below, the 1 that is added leaves float32 fewer digits than are asked for
    assert np.abs(10 * np.log10(power[0] / power[1]))[loud].max() <= 1e-3


KINDS = pytest.mark.parametrize(
    "settings",
    [
        SEEDS,
        HTK,
        LogMelSettings(16000, 512, 256, 96, 0.0, 8000.0),
        LogMelSettings(48000, 4096, 1000, 64, 30.0, 16000.0),
        LogMelSettings(8000, 64, 17, 10),
    ],
    ids=lambda settings: f"{settings.sample_rate_hz}/{settings.n_fft}/{settings.n_mels}/{settings.mel_scale}",
)


def decibels_of_librosa(sound: np.ndarray, settings: LogMelSettings) -> np.ndarray:
    with np.errstate(all="ignore"):
        power = librosa.feature.melspectrogram(
            y=sound,
            sr=settings.sample_rate_hz,
            n_fft=settings.n_fft,
            hop_length=settings.hop_samples,
            center=False,
            n_mels=settings.n_mels,
            fmin=settings.fmin_hz,
            fmax=settings.fmax_hz,
            htk=settings.mel_scale == "htk",
            norm=settings.mel_norm,
            dtype=np.float64,
        )
    return librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None).T


@KINDS
def test_equals_librosa_on_noise_and_chirp(settings):
    rng, rate = np.random.default_rng(3), settings.sample_rate_hz
    chirp = librosa.chirp(fmin=60, fmax=rate / 2.2, sr=rate, length=2 * rate)
    sound = np.concatenate([0.1 * rng.standard_normal(rate), 0.5 * chirp]).astype(np.float32)
    theirs, frames = decibels_of_librosa(sound, settings), LogMel(settings).process(sound)
    noisy = frames[: rate // settings.hop_samples - settings.n_fft // settings.hop_samples - 1]
    assert worst_db(noisy, theirs[: len(noisy)]) <= 1e-3
    assert worst_db(frames, theirs) <= 1e-3
    assert np.abs(frames - theirs).max() <= 1e-2


@KINDS
def test_equals_librosa_on_a_steep_slope(settings):
    """24 dB an octave."""
    sound = np.random.default_rng(3).standard_normal(2 * settings.sample_rate_hz)
    hertz = np.fft.rfftfreq(len(sound), 1 / settings.sample_rate_hz)
    sound = np.fft.irfft(np.fft.rfft(sound) / (1 + (hertz / 200) ** 4))
    sound = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    theirs, frames = decibels_of_librosa(sound, settings), LogMel(settings).process(sound)
    assert worst_db(frames, theirs) <= 1e-3
    assert np.abs(frames - theirs).max() <= 1e-2


@needs_shared
@pytest.mark.data
@KINDS
def test_equals_librosa_on_music(settings):
    clips = sorted((SHARED / "data" / "gtzan" / "audio").rglob("*.opus"))[::46]
    assert len(clips) >= 9
    for clip in clips:
        sound, rate = soundfile.read(clip, 6 * 48000, dtype="float32", always_2d=True)
        sound = soxr.resample(sound.mean(axis=1), rate, settings.sample_rate_hz)
        theirs, frames = decibels_of_librosa(sound, settings), LogMel(settings).process(sound)
        assert worst_db(frames, theirs) <= 1e-3
        assert np.abs(frames - theirs).max() <= 1e-2


@pytest.mark.parametrize(
    "settings", [SEEDS, HTK, MUSICNN, LogMelSettings(44100, 1024, 512, 40, 50.0, 14000.0, "htk", "slaney")]
)
def test_filterbank_is_librosas(settings):
    theirs = librosa.filters.mel(
        sr=settings.sample_rate_hz,
        n_fft=settings.n_fft,
        n_mels=settings.n_mels,
        fmin=settings.fmin_hz,
        fmax=settings.fmax_hz,
        htk=settings.mel_scale == "htk",
        norm=settings.mel_norm,
    )
    np.testing.assert_allclose(mel_weights(settings), theirs, rtol=2e-6, atol=1e-9)
