"""Windows, and the one slow gain under them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features import LogMel
from streamgenre.features.downmix import to_mono
from streamgenre.features.loudness import Loudness
from streamgenre.features.rolling import RollingWindows
from streamgenre.features.sanitise import replace_not_finite
from streamgenre.settings import FrontEndSettings, LogMelSettings, LoudnessSettings
from tests.support.sounds import hiss, silence, tune

MEL = LogMelSettings(8000, 256, 128, 24, compression="log10_10k")
SETTINGS = FrontEndSettings(MEL, window_frames=187)
PLAIN = FrontEndSettings(MEL, window_frames=187, loudness=None)


def heard(sound: np.ndarray, front_end: FrontEndSettings = SETTINGS) -> RollingWindows:
    windows = RollingWindows(front_end)
    windows.process(sound)
    return windows


def test_without_loudness_a_window_is_rows_of_the_log_mel():
    sound = tune(5.0, 8000)[:, 0]
    windows, rows = heard(sound, PLAIN), LogMel(MEL).process(sound)
    features, first, end = windows.window_at(36_000)
    frame = first // 128
    assert np.array_equal(features, rows[frame : frame + 187])
    assert (first % 128, end - first) == (0, PLAIN.window_samples)
    assert 36_000 - 128 < end <= 36_000


def test_what_was_returned_is_never_overwritten():
    windows = heard(tune(4.0, 8000)[:, 0])
    features, _, _ = windows.window_at(32_000)
    before = features.copy()
    windows.process(hiss(9.0, 8000)[:, 0])
    assert np.array_equal(features, before)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 30_000), min_size=1, max_size=4))
def test_any_chunking_gives_the_same_windows(sizes):
    sound = np.concatenate([tune(3.6, 8000), silence(0.5, 8000), hiss(1.0, 8000, 0.01)])[:, 0]
    whole, chunked, at, turn = heard(sound), RollingWindows(SETTINGS), 0, 0
    while at < len(sound):
        size = max(sizes[turn % len(sizes)], 5)
        chunked.process(sound[at : at + size])
        at, turn = at + size, turn + 1
    for one, other in (
        (whole.window_at(len(sound) - 500), chunked.window_at(len(sound) - 500)),
        (whole.last_window(), chunked.last_window()),
    ):
        assert one[1:] == other[1:]
        assert np.array_equal(one[0], other[0])


@pytest.mark.parametrize("gain_db", [-30, -20, -6, 6])
def test_the_level_of_the_source_does_not_matter(gain_db):
    sound = 0.4 * (tune(6.0, 8000) + hiss(6.0, 8000, 0.1))[:, 0]  # no frame near the gate
    louder = (sound * 10 ** (gain_db / 20)).astype(np.float32)
    ours, theirs = heard(sound).window_at(47_000)[0], heard(louder).window_at(47_000)[0]
    np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_the_first_window_has_one_gain():
    sound = np.concatenate([hiss(1.5, 8000, 0.01), hiss(1.6, 8000, 0.1)])[:, 0]
    with_gain = heard(sound, FrontEndSettings(LogMelSettings(8000, 256, 128, 24, compression="power"), 187))
    without = heard(
        sound, FrontEndSettings(LogMelSettings(8000, 256, 128, 24, compression="power"), 187, loudness=None)
    )
    ratio = with_gain.window_at(24_100)[0] / without.window_at(24_100)[0]
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-5)


def test_the_last_window_is_aligned_to_the_last_sample():
    sound = tune(4.01, 8000)[:, 0]
    features, first, end, short = heard(sound, PLAIN).last_window()
    assert (end, short) == (len(sound), False)
    np.testing.assert_allclose(features, LogMel(MEL).process(sound[first:]), atol=0)


def test_short_audio_is_repeated_and_less_than_a_second_is_none():
    sound = tune(1.3, 8000)[:, 0]
    features, first, end, short = heard(sound, PLAIN).last_window()
    tiled = np.tile(sound, 3)[: PLAIN.window_samples]
    assert (first, end, short) == (0, len(sound), True)
    assert np.array_equal(features, LogMel(MEL).process(tiled))
    assert heard(sound[:7999]).last_window() is None


def test_frames_that_are_not_there_yet_are_refused():
    with pytest.raises(ValueError, match="have been processed"):
        heard(tune(1.0, 8000)[:, 0]).window_at(9000)
    assert heard(tune(1.0, 8000)[:, 0]).window_at(8000) is None


def test_gain_is_slow_waits_through_silence_and_is_bounded():
    loudness = Loudness(LoudnessSettings(), 100.0)
    assert loudness.gain == 1.0
    steady = loudness.process(np.full(1000, 1e-4))
    np.testing.assert_allclose(steady, 100.0, rtol=1e-5)
    assert np.array_equal(loudness.process(np.zeros(5000)), np.full(5000, steady[-1]))
    after_one_second = loudness.process(np.full(100, 1e-2))[-1]
    assert 1.0 < after_one_second < 100.0
    loudness.reset()
    assert loudness.process(np.full(1, 2e-6))[0] == pytest.approx(5000.0, rel=1e-5)
    loudness.reset()
    assert loudness.process(np.full(1, 9.0))[0] == pytest.approx(0.01)


def test_mono_is_the_mean_in_any_blocks_and_odd_values_become_zero():
    sound = np.random.default_rng(0).standard_normal((1000, 5)).astype(np.float32)
    mono = to_mono(sound)
    np.testing.assert_allclose(mono, sound.mean(axis=1), atol=1e-6)
    assert np.array_equal(np.concatenate([to_mono(sound[:1]), to_mono(sound[1:])]), mono)
    assert replace_not_finite(sound)[0] is sound
    sound[3, 2], sound[4, 0], sound[5, 1] = np.nan, np.inf, 1e30
    clean, count = replace_not_finite(sound)
    assert (count, clean[3, 2], clean[4, 0], clean[5, 1]) == (3, 0.0, 0.0, 0.0)
