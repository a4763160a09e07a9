"""Windows of log spectrograms and of handmade features, over a stream."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features.handmade import Handmade, handmade_features
from streamgenre.features.level import LevelMeter
from streamgenre.features.log_spectrogram import LogSpectrogram
from streamgenre.features.recent import RecentRows
from streamgenre.features.rolling import RollingWindows
from streamgenre.features.window_feed import WindowFeed
from streamgenre.messages import AudioBlock, AudioFormat, Moment
from streamgenre.settings import FrontEndSettings, HandmadeSettings, LogMelSettings, LogSpectrogramSettings
from tests.support.sounds import hiss, silence, tone, tune

RATE_HZ = 8000
SPECTROGRAM = FrontEndSettings(LogSpectrogramSettings(RATE_HZ, 256, 224, 100), 106, loudness=None)
HANDMADE = FrontEndSettings(HandmadeSettings(RATE_HZ, 3 * RATE_HZ, 512, 128), 1, loudness=None)
KINDS = pytest.mark.parametrize("front_end", [SPECTROGRAM, HANDMADE], ids=["spectrogram", "handmade"])


def features_of(sound: np.ndarray, front_end: FrontEndSettings) -> np.ndarray:
    """What training makes of exactly one window of samples."""
    if isinstance(front_end.frames, HandmadeSettings):
        return handmade_features(sound, front_end.frames)[None]
    assert isinstance(front_end.frames, LogSpectrogramSettings)
    return LogSpectrogram(front_end.frames).process(sound)


def hear(
    sound: np.ndarray, sizes: list[int], front_end: FrontEndSettings, rate_hz: int = RATE_HZ
) -> list[Moment]:
    feed, moments, at, turn = WindowFeed(AudioFormat(rate_hz, 1), front_end, 0.25, -60.0), [], 0, 0
    while at < len(sound):
        size = sizes[turn % len(sizes)]
        moments += feed.process(AudioBlock(sound[at : at + size], at))
        at, turn = at + size, turn + 1
    return moments + feed.flush()


@KINDS
def test_a_window_is_the_features_of_its_samples(front_end):
    sound, windows = tune(5.0, RATE_HZ)[:, 0], RollingWindows(front_end)
    windows.process(sound)
    features, first, end = windows.window_at(36_000)
    assert (first % front_end.frames.hop_samples, end - first) == (0, front_end.window_samples)
    assert 36_000 - front_end.frames.hop_samples < end <= 36_000
    assert features.shape == (front_end.window_frames, front_end.frames.bands)
    assert np.array_equal(features, features_of(sound[first:end], front_end))
    assert windows.window_at(front_end.window_samples - 1) is None


@KINDS
def test_the_last_window_is_right_aligned_and_a_short_one_is_tiled(front_end):
    sound, size = tune(4.01, RATE_HZ)[:, 0], front_end.window_samples
    for samples in (len(sound), 13_000):
        windows = RollingWindows(front_end)
        windows.process(sound[:samples])
        features, _, end, short = windows.last_window()
        assert (end, short) == (samples, samples < size)
        whole = sound[samples - size :] if samples > size else np.tile(sound[:samples], 3)[:size]
        assert np.array_equal(features, features_of(whole, front_end))
    windows.reset()
    windows.process(sound[:7999])
    assert windows.last_window() is None


@KINDS
@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(300, 60_000), min_size=1, max_size=4), st.sampled_from([8000, 11025]))
def test_blocks_of_any_size_give_the_same_moments(front_end, sizes, rate_hz):
    sound = np.concatenate([tune(4.3, rate_hz), silence(1.2, rate_hz), hiss(1.11, rate_hz)])
    whole, chunked = (hear(sound, many, front_end, rate_hz) for many in ([len(sound)], sizes))
    assert len(whole) == len(chunked)
    assert sum(moment.window is not None for moment in whole) > 5
    for one, other in zip(whole, chunked, strict=True):
        assert (one.sample, one.level, one.reason) == (other.sample, other.level, other.reason)
        assert (one.window is None) == (other.window is None)
        if one.window is not None and other.window is not None:
            assert np.array_equal(one.window.features, other.window.features)
            assert one.window.first_sample == other.window.first_sample


def test_handmade_features_are_computed_for_decisions_alone():
    with patch.object(Handmade, "features", autospec=True, side_effect=Handmade.features) as computed:
        windows = [moment.window for moment in hear(tune(5.0, RATE_HZ), [700], HANDMADE) if moment.window]
    assert len(windows) == 9
    assert computed.call_count == 1 + len(windows)  # one at the start, for the compiler


@pytest.mark.parametrize(
    "front_end",
    [
        FrontEndSettings(LogSpectrogramSettings(), 2952, loudness=None),
        FrontEndSettings(HandmadeSettings(window_samples=661_500), 1, loudness=None),
    ],
    ids=["spectrogram", "handmade"],
)
def test_thirty_seconds_are_a_window(front_end):
    sound = np.resize(tune(9.0, 22050)[:, 0], 22050 * 32)[:, None]
    feed = WindowFeed(AudioFormat(22050, 1), front_end, 1.0, -60.0)
    moments = [
        m for at in range(0, len(sound), 4410) for m in feed.process(AudioBlock(sound[at : at + 4410], at))
    ]
    found = [m for m in moments if m.window]
    assert [m.audio_seconds for m in found] == [30.0, 31.0, 32.0]
    assert found[0].evidence_seconds == pytest.approx(front_end.window_seconds, abs=0.2)
    assert found[1].evidence_seconds == pytest.approx(1.0, abs=0.05)
    window = found[2].window
    assert window is not None
    assert window.features.shape == (front_end.window_frames, front_end.frames.bands)
    samples = sound[window.first_sample : window.end_sample, 0]
    assert np.array_equal(window.features, features_of(samples, front_end))


def test_a_long_window_takes_little_more_room_than_itself():
    samples = 661_500
    assert RecentRows(samples)._room.nbytes < 1.5 * 4 * samples


def test_level_is_known_for_as_long_as_it_is_kept():
    for kept, known in ((10.0, 10.0), (30.0, 30.0)):
        meter = LevelMeter(RATE_HZ, -60.0, kept)
        meter.process(tone(40.0, RATE_HZ, 500.0))
        assert meter.audible_seconds(0, 40 * RATE_HZ) == pytest.approx(known)


def test_a_display_is_given_decibels_of_a_spectrogram_and_nothing_of_features():
    sound = tone(4.0, RATE_HZ, 1000.0)[:, 0]
    spectrogram, handmade = RollingWindows(SPECTROGRAM), RollingWindows(HANDMADE)
    for windows in (spectrogram, handmade):
        assert windows.last_rows(0.1).shape == (0, windows.settings.frames.bands)
        windows.process(sound)
    rows = spectrogram.last_rows(0.1)
    assert rows.shape == (4, 100)
    assert set(rows.argmax(axis=1)) == {32}
    assert handmade.last_rows(0.1).size == 0
    quieter = RollingWindows(SPECTROGRAM)
    quieter.process(sound / 10)
    assert rows.max() - quieter.last_rows(0.1).max() == pytest.approx(20.0, abs=1e-3)


def test_loudness_and_frames_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="log-mel frames only"):
        FrontEndSettings(LogSpectrogramSettings(), 10)
    with pytest.raises(ValueError, match="one frame, not 2"):
        FrontEndSettings(HandmadeSettings(), 2, loudness=None)
    assert FrontEndSettings(LogMelSettings()).loudness is not None
