from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from streamgenre.messages import AudioFormat
from training.datasets import Clip
from training.programmes import RATE_HZ, ProgrammeMaker

LEVELS = {"jazz": 0.5, "rock": 0.1, "pop": 0.02, "speech": 0.3, "noise": 0.2}
SECONDS = {"jazz": 7.0, "rock": 20.0, "pop": 2.5, "speech": 10.0, "noise": 5.0}


def clips() -> list[Clip]:
    sets = {"speech": "music_speech", "noise": "esc10"}
    return [
        Clip(Path(f"{label}.{number}"), sets.get(label, "gtzan"), label, f"{label}.{number}", label)
        for label in LEVELS
        for number in range(4)
    ]


def decode(clip: Clip) -> tuple[np.ndarray, AudioFormat]:
    rate_hz = 22050 if clip.track.endswith("1") else RATE_HZ
    rng = np.random.default_rng(len(clip.track))
    sound = LEVELS[clip.label] * rng.uniform(-1, 1, (round(SECONDS[clip.label] * rate_hz), 1))
    if clip.label == "noise":
        sound[: rate_hz // 2] = 0.0
    return sound.astype(np.float32), AudioFormat(rate_hz, 1)


@pytest.fixture(scope="module")
def programme():
    return ProgrammeMaker(clips(), decode=decode).make([1, 2])


def test_the_same_seed_gives_the_same_samples_and_another_does_not(programme):
    again = ProgrammeMaker(clips(), decode=decode).make([1, 2])
    assert again.items == programme.items
    assert np.array_equal(again.samples, programme.samples)
    assert ProgrammeMaker(clips(), decode=decode).make([1, 3]).items != programme.items


def test_a_programme_holds_two_genres_speech_noise_and_silence(programme):
    told = [(item.status, item.genre) for item in programme.items]
    assert {status for status, _ in told} == {"music", "speech", "noise", "silence"}
    assert len({genre for _, genre in told if genre}) == 2
    assert all(one != other for one, other in pairwise(told))
    assert programme.edges[-1] == pytest.approx(len(programme.samples) / RATE_HZ)


def test_items_hold_their_clips_at_their_own_level_in_sixteen_bits(programme):
    assert programme.samples.dtype == np.float32
    assert np.array_equal(programme.samples * 32768, np.round(programme.samples * 32768))
    for item, begin, end in zip(programme.items, programme.edges, programme.edges[1:], strict=False):
        inside = programme.samples[round(begin * RATE_HZ) : round(end * RATE_HZ)]
        label = item.genre or item.status
        expected = LEVELS[label] / np.sqrt(3) if item.clips else 0.0
        assert np.sqrt(np.mean(inside.astype(np.float64) ** 2)) == pytest.approx(
            expected, abs=0.1 * expected + 1e-3
        )
        assert all(clip.label == label for clip in item.clips)


def test_music_stretches_are_spliced_of_several_clips_where_clips_are_short(programme):
    stretches = [item for item in programme.items if item.genre in {"jazz", "pop"}]
    assert all(len(item.clips) > 1 for item in stretches)
    lengths = np.diff(programme.edges)[[item.status == "music" for item in programme.items]]
    assert lengths.min() > 10.0
    assert lengths.max() <= 30.0


def test_short_songs_are_left_out_when_asked():
    maker = ProgrammeMaker(clips(), 5.5, decode)
    genres = {item.genre for seed in range(4) for item in maker.make([seed]).items}
    assert genres == {"jazz", "rock", None}
