"""What is decoded in the benchmarks is a file like any other."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from streamgenre.bench.recordings import CODECS, OPUS_RATE_HZ, write_recording
from streamgenre.bench.sounds import music, music_in_stereo, noise
from streamgenre.capture.media import MediaDecoder


@pytest.mark.parametrize("suffix", CODECS)
def test_what_is_written_is_heard_again(tmp_path, suffix):
    path, sound = tmp_path / f"a.{suffix}", music_in_stereo(1.5)
    write_recording(path, sound, 44100)
    with closing(MediaDecoder(path)) as decoder:
        heard = np.concatenate([block.samples for block in decoder.blocks()])
        rate_hz = decoder.format.sample_rate_hz
    assert rate_hz == (OPUS_RATE_HZ if suffix == "opus" else 44100)
    assert len(heard) / rate_hz == pytest.approx(1.5, abs=0.06)
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(np.sqrt(np.mean(sound**2)), rel=0.1)


def test_sounds_are_as_long_as_asked_and_the_same_each_time():
    for make in (music, noise):
        one, two = make(2.5, 16000), make(2.5, 16000)
        assert one.shape == (40000,)
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one, two)
        assert 0.01 < np.abs(one).max() < 1


def test_the_steep_slope_is_steep():
    power = np.abs(np.fft.rfft(noise(2.0, 16000, falling_from_hz=200.0))) ** 2
    octaves = [power[500 * 2**k * 2 : 500 * 2 ** (k + 1) * 2].mean() for k in range(3)]
    falls_db = -np.diff(10 * np.log10(octaves))
    assert np.all((falls_db > 20) & (falls_db < 28))
