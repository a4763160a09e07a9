"""What disturbs the clips keeps their length and time, and is as strong as its name says."""

from __future__ import annotations

import numpy as np
import pytest

from streamgenre.messages import AudioFormat
from training.disturbances import DISTURBANCES

FORMAT = AudioFormat(sample_rate_hz=48000, channels=1)


def _sound() -> np.ndarray:
    generator = np.random.default_rng(4)
    time = np.arange(3 * FORMAT.sample_rate_hz) / FORMAT.sample_rate_hz
    tones = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220, 331, 550)) * np.exp(-(time % 0.5) * 4)
    return (0.1 * tones + generator.normal(0, 0.002, len(time)))[:, None].astype(np.float32)


def _snr_db(clean: np.ndarray, changed: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(clean**2) / np.mean((changed - clean) ** 2)))


@pytest.mark.parametrize("name", sorted(DISTURBANCES))
def test_length_and_format_stay(name: str) -> None:
    sound = _sound()
    changed = DISTURBANCES[name](sound, FORMAT, np.random.default_rng(0))
    assert changed.shape == sound.shape
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert not np.array_equal(changed, sound)


@pytest.mark.parametrize("codec", ["mp3 64 kbit/s", "opus 64 kbit/s"])
def test_what_was_coded_is_right_in_time(codec: str) -> None:
    sound = _sound()
    assert _snr_db(sound, DISTURBANCES[codec](sound, FORMAT, np.random.default_rng(0))) > 10.0


@pytest.mark.parametrize("snr_db", [20, 30])
def test_noise_is_as_strong_as_named(snr_db: int) -> None:
    sound = _sound()
    changed = DISTURBANCES[f"white noise {snr_db} dB"](sound, FORMAT, np.random.default_rng(0))
    assert _snr_db(sound, changed) == pytest.approx(snr_db, abs=0.2)


@pytest.mark.parametrize("db", [-30, -6, 6])
def test_gain_is_exact(db: int) -> None:
    sound = _sound()
    changed = DISTURBANCES[f"gain {db:+d} dB"](sound, FORMAT, np.random.default_rng(0))
    np.testing.assert_allclose(changed, sound * 10 ** (db / 20), rtol=1e-6)
