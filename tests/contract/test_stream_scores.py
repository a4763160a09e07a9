"""Scores on the way through a source are those of the same windows alone: real audio, silences, gaps."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
import soundfile

from streamgenre.classify import load_model
from streamgenre.features.window_feed import WindowFeed
from streamgenre.messages import AudioBlock, AudioFormat, Moment, Window
from tests.support.shared import SHARED, needs_shared
from tests.support.sounds import hiss, silence, tune

HOPS_SECONDS = [0.1, 0.25, 0.5, 1.0, 3.0]
CLIPS = ["emotify/audio/pop/*", "music_speech/audio/music/*", "music_speech/audio/speech/*"]
HEADS = ("genre", "gate", "tags")
TOLERANCE = 1e-5


def windows_of(moments: Iterable[Moment]) -> list[Window]:
    return [moment.window for moment in moments if moment.window is not None]


def greatest_error(windows: list[Window]) -> float:
    model = load_model("genre")
    scorer, errors = model.stream(), [0.0]
    for window in windows:
        streamed, (alone,) = scorer.process(window), model.analyse(window.features[None])
        errors += [float(np.abs(getattr(streamed, head) - getattr(alone, head)).max()) for head in HEADS]
    return max(errors)


def feed_of(rate_hz: int, channels: int, hop_seconds: float) -> WindowFeed:
    front_end = load_model("genre").front_end
    return WindowFeed(AudioFormat(rate_hz, channels), front_end, hop_seconds, -60.0)


@needs_shared
@pytest.mark.data
@pytest.mark.parametrize("hop_seconds", HOPS_SECONDS)
@pytest.mark.parametrize("pattern", CLIPS)
def test_real_audio(pattern, hop_seconds):
    path = min((SHARED / "data").glob(pattern))
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    samples = samples[: round((3.2 + 8 * hop_seconds) * rate_hz)]
    feed = feed_of(rate_hz, samples.shape[1], hop_seconds)
    windows = windows_of([*feed.process(AudioBlock(samples, 0)), *feed.flush()])
    assert len(windows) >= 3
    assert greatest_error(windows) <= TOLERANCE


@pytest.mark.parametrize("hop_seconds", HOPS_SECONDS)
def test_silences_leave_windows_out(hop_seconds):
    rate_hz = 16000
    parts = [tune(3.6, rate_hz), silence(2.3, rate_hz), hiss(1.1, rate_hz), silence(4.0, rate_hz)]
    sound = np.concatenate([*parts, tune(3.9, rate_hz)])
    feed = feed_of(rate_hz, 1, hop_seconds)
    moments = [*feed.process(AudioBlock(sound, 0)), *feed.flush()]
    windows = windows_of(moments)
    assert 1 < len(windows) < len(moments)
    assert greatest_error(windows) <= TOLERANCE


@pytest.mark.parametrize("hop_seconds", [0.1, 0.5])
@pytest.mark.parametrize("lost_seconds", [None, 0.004, 1.7])
def test_gaps_and_interruptions(hop_seconds, lost_seconds):
    rate_hz = 22050
    before, after = tune(3.7, rate_hz), hiss(3.8, rate_hz)
    feed = feed_of(rate_hz, 1, hop_seconds)
    moments = feed.process(AudioBlock(before, 0))
    if lost_seconds is None:
        moments += feed.interrupted()
    start = len(before) + round((lost_seconds or 0.0) * rate_hz)
    moments += [*feed.process(AudioBlock(after, start)), *feed.flush()]
    windows = windows_of(moments)
    assert len({window.first_sample > len(before) - 1 for window in windows}) == 2
    assert greatest_error(windows) <= TOLERANCE


def test_another_hop_and_a_skip_in_mid_stream():
    rate_hz = 16000
    sound, feed = np.concatenate([tune(9.0, rate_hz), hiss(5.0, rate_hz)]), feed_of(rate_hz, 1, 0.5)
    moments: list[Moment] = []
    parts = [(0, 66_000, 0.25), (66_000, 112_345, 1.0), (112_345, 140_000, 0.1), (140_000, len(sound), 0.5)]
    for first, end, hop_seconds in parts:
        feed.set_hop(hop_seconds)
        if first == 140_000:
            moments += feed.skip(9_999, "overload")
        piece = sound[first:end]
        moments += feed.process(AudioBlock(piece, feed.position))
    windows = windows_of([*moments, *feed.flush()])
    assert len(windows) > 20
    assert greatest_error(windows) <= TOLERANCE
