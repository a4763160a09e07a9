"""Which windows fall due, when, and where every sample went."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features.window_feed import WindowFeed
from streamgenre.messages import AudioBlock, AudioFormat, Moment
from tests.support.fake_model import FRONT_END
from tests.support.sounds import hiss, silence, tone, tune

RATE_HZ = 11025
SPAN_SECONDS = FRONT_END.window_seconds


def feed_of(rate_hz: int = RATE_HZ, hop_seconds: float = 0.5) -> WindowFeed:
    return WindowFeed(AudioFormat(rate_hz, 1), FRONT_END, hop_seconds, -60.0)


def hear(
    sound: np.ndarray, sizes: list[int], rate_hz: int = RATE_HZ, hop_seconds: float = 0.5
) -> list[Moment]:
    feed, moments, at, turn = feed_of(rate_hz, hop_seconds), [], 0, 0
    while at < len(sound):
        size = sizes[turn % len(sizes)]
        moments += feed.process(AudioBlock(sound[at : at + size], at))
        at, turn = at + size, turn + 1
    return moments + feed.flush()


def same(one: Moment, other: Moment) -> bool:
    if (one.window is None) != (other.window is None):
        return False
    if one.window is not None and other.window is not None:
        if not np.array_equal(one.window.features, other.window.features):
            return False
        spans = [
            (w.first_sample, w.end_sample, w.audible_seconds, w.short) for w in (one.window, other.window)
        ]
        if spans[0] != spans[1]:
            return False
    facts = [(m.sample, m.audio_seconds, m.level, m.evidence_seconds, m.reason) for m in (one, other)]
    return facts[0] == facts[1]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=4), st.sampled_from([8000, 11025, 44100]))
def test_blocks_of_any_size_give_the_same_moments(sizes, rate_hz):
    sizes = [max(size, 200) for size in sizes]  # smaller ones: the next test
    sound = np.concatenate([tune(4.3, rate_hz), silence(1.7, rate_hz), hiss(2.11, rate_hz)])
    whole, chunked = hear(sound, [len(sound)], rate_hz, 0.25), hear(sound, sizes, rate_hz, 0.25)
    assert len(whole) == len(chunked)
    assert all(same(one, other) for one, other in zip(whole, chunked, strict=True))


def test_single_samples_give_the_same_moments():
    sound = tune(3.7, 8000)
    assert all(
        same(a, b) for a, b in zip(hear(sound, [len(sound)], 8000), hear(sound, [1], 8000), strict=True)
    )


@pytest.mark.parametrize("hop_seconds", [0.1, 0.25, 0.5, 1.0, 3.0])
def test_a_decision_falls_due_at_each_multiple_of_the_hop_and_once_at_the_end(hop_seconds):
    moments = hear(tune(7.32, RATE_HZ), [4096], hop_seconds=hop_seconds)
    due = [round(k * hop_seconds, 6) for k in range(1, int(7.32 / hop_seconds) + 1)]
    assert [m.audio_seconds for m in moments] == pytest.approx([*due, 7.32], abs=1e-9)


def test_a_window_is_the_last_complete_frames_at_or_before_its_decision():
    hop_samples = FRONT_END.frames.hop_samples
    for moment in hear(tune(8.0, 8000), [1000], 8000):
        if moment.window and moment.audio_seconds < 8.0:
            assert moment.sample - hop_samples < moment.window.end_sample <= moment.sample
            assert moment.window.end_sample - moment.window.first_sample == FRONT_END.window_samples


def test_the_last_window_ends_with_the_last_sample():
    sound = tune(5.321, 8000)
    last = hear(sound, [999], 8000)[-1]
    assert last.window is not None
    assert (last.window.end_sample, last.window.short) == (len(sound), False)


def test_first_windows_wait_until_one_is_full():
    moments = hear(tune(6.0, RATE_HZ), [4096])
    assert [m.reason for m in moments if m.audio_seconds < SPAN_SECONDS] == ["filling"] * 6
    assert all(m.window for m in moments if m.audio_seconds >= SPAN_SECONDS)


@pytest.mark.parametrize(("seconds", "short"), [(1.0, True), (2.9, True), (3.5, False)])
def test_audio_shorter_than_a_window_is_tiled(seconds, short):
    last = hear(tune(seconds, 8000), [500], 8000)[-1]
    assert last.window is not None
    assert last.window.short is short
    assert last.window.features.shape == (FRONT_END.window_frames, FRONT_END.frames.n_mels)


@pytest.mark.parametrize("seconds", [0.0, 0.0005, 0.05, 0.1, 0.999])
def test_less_than_a_second_is_too_short(seconds):
    last = hear(tune(seconds, 8000), [123], 8000)[-1]
    assert (last.window, last.reason) == (None, "too short")


def test_silence_is_measured_and_not_classified():
    moments = hear(silence(5.0, 8000), [700], 8000)
    assert {m.reason for m in moments if m.audio_seconds >= 1.0} == {"digital zero"}
    assert not any(m.window for m in moments)
    quiet = hear(hiss(5.0, 8000, 10 ** (-80 / 20)), [700], 8000)
    assert {m.reason for m in quiet if m.audio_seconds >= 1.0} == {"silence"}


def test_a_window_with_less_than_a_second_of_sound_is_not_classified():
    sound = np.concatenate([silence(6.0, 8000), tune(0.6, 8000)])
    after = [m for m in hear(sound, [800], 8000) if m.audio_seconds > 6.4]
    assert {m.reason for m in after} == {"too little sound"}


@pytest.mark.parametrize("hop_seconds", [0.1, 0.25, 0.5, 1.0, 3.0])
def test_every_second_of_evidence_counts_once(hop_seconds):
    moments = hear(tune(20.0, 8000), [801], 8000, hop_seconds)
    covered = 20.0 - next(m.window.first_sample for m in moments if m.window) / 8000
    assert sum(m.evidence_seconds for m in moments) == pytest.approx(covered, abs=0.11)


def test_accounts_reconcile_at_every_moment_and_end_with_nothing_pending():
    feed, sound = feed_of(8000), tune(9.777, 8000)
    for at in range(0, len(sound), 333):
        feed.process(AudioBlock(sound[at : at + 333], at))
        now = feed.accounts
        assert now.captured == min(at + 333, len(sound))
        assert now.captured == now.analysed + sum(now.skipped.values()) + now.lost + now.pending
    feed.flush()
    assert feed.accounts.pending == 0
    assert feed.accounts.analysed + feed.accounts.skipped["filling"] == len(sound)


def test_a_gap_is_counted_to_the_sample_and_no_window_spans_it():
    feed, sound = feed_of(8000), tune(12.0, 8000)
    moments = feed.process(AudioBlock(sound[:40_000], 0))
    moments += feed.process(AudioBlock(sound[52_345:], 52_345))
    moments += feed.flush()
    accounts = feed.accounts
    assert accounts.lost == 12_345
    assert (
        accounts.captured == len(sound) == accounts.analysed + sum(accounts.skipped.values()) + accounts.lost
    )
    assert [m.audio_seconds for m in moments if m.reason == "gap"] == [5.5, 6.0, 6.5]
    for moment in moments:
        if moment.window:
            assert moment.window.end_sample <= 40_000 or moment.window.first_sample >= 52_345
    assert moments[-1].lost_samples == 12_345


def test_blocks_that_overlap_are_refused():
    feed = feed_of(8000)
    feed.process(AudioBlock(tune(1.0, 8000), 0))
    with pytest.raises(ValueError, match="begins at sample 10, but 8000"):
        feed.process(AudioBlock(tune(1.0, 8000), 10))


def test_values_that_are_no_numbers_are_zeroed_and_counted():
    sound = tune(4.0, 8000)
    sound[100:110] = np.nan
    sound[200] = np.inf
    feed = feed_of(8000)
    moments = feed.process(AudioBlock(sound, 0)) + feed.flush()
    assert feed.accounts.not_finite == 11
    assert all(np.isfinite(m.window.features).all() for m in moments if m.window)


def test_a_tone_at_another_rate_lands_in_the_same_band():
    bands = []
    for rate_hz in (8000, 44100, 48000, 192_000):
        feed = WindowFeed(AudioFormat(rate_hz, 1), FRONT_END, 0.5, -60.0)
        window = next(m.window for m in feed.process(AudioBlock(tone(4.0, rate_hz, 1000), 0)) if m.window)
        bands.append(int(window.features.mean(axis=0).argmax()))
    assert len(set(bands)) == 1


@pytest.mark.parametrize("hop_seconds", [0.1, 0.5, 1.0])
def test_rows_of_one_index_are_the_same_row(hop_seconds):
    rows: dict[int, np.ndarray] = {}
    on_grid = [m.window for m in hear(tune(9.0, RATE_HZ), [3000], hop_seconds=hop_seconds)[:-1] if m.window]
    for window in on_grid:
        assert window.first_frame is not None
        for index, row in enumerate(window.features, window.first_frame):
            assert np.array_equal(rows.setdefault(index, row), row)
    assert len(on_grid) > 4
    assert on_grid[0].first_frame is not None
    assert on_grid[0].first_frame < FRONT_END.window_frames


@pytest.mark.parametrize("lost_samples", [None, 1, 10_000])
def test_no_index_means_rows_on_both_sides_of_a_gap(lost_samples):
    sound, feed = tune(4.0, RATE_HZ), feed_of()
    moments = feed.process(AudioBlock(sound, 0))
    if lost_samples is None:
        moments += feed.interrupted()
    moments += feed.process(AudioBlock(sound, len(sound) + (lost_samples or 0)))
    windows = [moment.window for moment in moments if moment.window]
    spans = {False: set[int](), True: set[int]()}
    for window in windows:
        assert window.first_frame is not None
        indices = range(window.first_frame, window.first_frame + FRONT_END.window_frames)
        spans[window.first_sample >= len(sound)].update(indices)
    assert spans[False]
    assert spans[True]
    assert not spans[False] & spans[True]


@pytest.mark.parametrize("seconds", [1.5, 4.03])
def test_a_last_or_short_window_lies_off_the_grid(seconds):
    last = hear(tune(seconds, RATE_HZ), [2000])[-1].window
    assert last is not None
    assert last.first_frame is None
