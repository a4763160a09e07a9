"""One clip over another: levels, lengths, who is added to whom, and what heads learn from such windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpus import Corpus
from training.datasets import Clip
from training.embeddings import Embedded
from training.mixing import MIXES, companion, kind, mix_of, mixed
from training.recipe import HeadRecipe

RATE_HZ = 8000
LABELS = ("music", "speech", "noise")
CLIPS = [
    Clip(None, "music_speech", label, f"{label}.{number}", f"{label} {number % 10}")
    for label in ("jazz", "speech", "noise")
    for number in range(20)
]


def _tone(hertz: float, seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    phase = 2 * np.pi * hertz * np.arange(round(seconds * rate_hz)) / rate_hz
    return np.sin(phase)[:, None].astype(np.float32)


def _level_db(samples: np.ndarray, hertz: float) -> float:
    phase = 2 * np.pi * hertz * np.arange(len(samples)) / RATE_HZ
    return 20 * np.log10(abs(np.mean(samples[:, 0] * np.exp(-1j * phase))))


@given(number=st.integers(0, 59), view=st.sampled_from(sorted(MIXES)))
def test_what_is_added_is_of_the_other_kind_and_never_both_learnt_from_and_tested_with(number, view):
    clip, mix = CLIPS[number], mix_of(view)
    added = companion(clip, view, CLIPS)
    if kind(clip) != mix.heard:
        assert added is None
        return
    assert kind(CLIPS[added]) == mix.below
    for other_view, other in MIXES.items():
        if (other.below, other.half) == (mix.below, 1 - mix.half):
            drawn = {companion(each, other_view, CLIPS) for each in CLIPS if kind(each) == other.heard}
            assert CLIPS[added].credit not in {CLIPS[index].credit for index in drawn}


@given(number=st.integers(0, 39), view=st.sampled_from(sorted(MIXES)), gain=st.floats(0.01, 1.0))
def test_the_added_sound_is_as_far_below_as_the_view_says(number, view, gain):
    clip, (least, most) = CLIPS[number], MIXES[view].decibels_below
    mix = mixed(clip, view, _tone(500, 4), gain * _tone(1000, 2, 2 * RATE_HZ), (RATE_HZ, 2 * RATE_HZ))
    assert mix.shape == (4 * RATE_HZ, 1)
    assert np.abs(mix).max() <= 1
    assert least - 0.3 < _level_db(mix, 500) - _level_db(mix, 1000) < most + 0.3


def test_a_mix_is_the_same_again_and_another_under_another_number():
    sounds = _tone(500, 4), _tone(900, 9)
    first, again, other = (
        mixed(CLIPS[0], view, *sounds, (RATE_HZ, RATE_HZ))
        for view in ("over_speech", "over_speech", "over_speech*2")
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    drawn = {companion(CLIPS[0], f"over_speech*{number}", CLIPS) for number in range(2, 9)}
    assert len(drawn) > 1


@pytest.mark.parametrize("silent", [0, 1])
def test_of_silence_no_mix_is_made(silent):
    sounds = [_tone(500, 4), _tone(900, 4)]
    sounds[silent] *= 0
    assert mixed(CLIPS[0], "over_speech", *sounds, (RATE_HZ, RATE_HZ)).shape == (0, 1)


def test_a_view_that_is_no_mix_adds_nothing():
    assert mix_of("short+noise") is None
    assert companion(CLIPS[0], "plain", CLIPS) is None
    assert companion(CLIPS[0], "over_speech", CLIPS[:20]) is None


def _corpus(label_weights: tuple[float, ...] = (), mixes: Embedded | None = None) -> Corpus:
    generator = np.random.default_rng(0)
    clip_of = np.repeat(np.arange(len(CLIPS)), 2)
    kinds = np.array([LABELS.index(kind(clip)) for clip in CLIPS])
    features = (np.eye(3)[kinds[clip_of]] + generator.normal(0, 0.6, (len(clip_of), 3))).astype(np.float32)
    views = {"plain": Embedded(features, clip_of, {})} | ({"over_music": mixes} if mixes else {})
    recipe = HeadRecipe("gate", LABELS, (), tuple(views), 0.01, label_weights=label_weights)
    clips = [
        Clip(None, clip.dataset, "music" if clip.label == "jazz" else clip.label, clip.track, clip.credit)
        for clip in CLIPS
    ]
    return Corpus(recipe, clips, views)


def test_a_label_that_counts_more_is_found_more_often():
    answers = []
    for weights in ((1.0, 1.0, 1.0), (4.0, 1.0, 1.0)):
        corpus = _corpus(weights)
        head = corpus.fit(np.ones(len(CLIPS), bool))
        answers.append((head.log_posterior(corpus.views["plain"].features).argmax(axis=1) == 0).sum())
    assert answers[1] > answers[0]
    even = _corpus().weights(np.arange(len(CLIPS)))
    assert even.sum() == pytest.approx(1)
    assert np.array_equal(even, _corpus((1.0, 1.0, 1.0)).weights(np.arange(len(CLIPS))))
    assert _corpus().weights(np.arange(20, 40)).sum() == pytest.approx(1 / 3)


def test_a_mix_is_learnt_from_only_where_both_its_clips_are():
    speech = np.arange(20, 40)
    far = np.full((20, 3), 9.0, np.float32)
    mixes = Embedded(far, speech, {}, added_of=np.zeros(20, np.int64))
    clips = np.ones(len(CLIPS), bool)
    clips[0] = False
    kernel = _corpus(mixes=mixes).fit(clips).kernel
    np.testing.assert_allclose(kernel, _corpus().fit(clips).kernel, atol=1e-4)
    clips[0] = True
    assert np.abs(_corpus(mixes=mixes).fit(clips).kernel - kernel).max() > 0.1
