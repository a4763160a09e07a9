"""Random windows of clips, through the pipeline."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.wav import Header, wav_bytes
from training.clip_windows import clip_windows
from training.datasets import Clip
from training.systems.clips import clip_front_end, draw_windows

FRONT_END = clip_front_end({"n_mels": 32, "window_frames": 64})


@pytest.fixture
def clips(tmp_path):
    """Two long clips and a short one of jazz, a short one of rock, and a file that is no audio."""
    generator = np.random.default_rng(0)
    found = []
    for number, (label, seconds) in enumerate([("jazz", 8), ("jazz", 6), ("jazz", 1.2), ("rock", 1.3)]):
        path = tmp_path / f"{number}.wav"
        noise = (generator.normal(0, 3000, round(22050 * seconds))).astype("<i2")
        path.write_bytes(wav_bytes(noise.tobytes(), Header()))
        found.append(Clip(path, "gtzan", label, f"{label}.{number}", f"artist {number}"))
    broken = tmp_path / "broken.wav"
    broken.write_text("nothing to hear")
    return [*found, Clip(broken, "gtzan", "rock", "rock.9", "")]


def test_windows_are_the_pipelines_and_no_label_gets_more_than_its_number(clips):
    material = draw_windows(clips, FRONT_END, windows_per_track=6, windows_per_label=9, seed=0)
    assert np.bincount(material.track_of, minlength=5).tolist() == [4, 4, 1, 1, 0]
    assert np.array_equal(material.labels, np.array([0, 0, 0, 1, 1])[material.track_of])
    assert material.inputs.shape == (10, 64, 32)
    assert list(material.skipped) == ["gtzan/rock.9"]
    there = clip_windows(clips[0], "plain", FRONT_END, 0.1)
    for row in material.inputs[:4]:
        assert (row == there).all(axis=(1, 2)).any()


def test_a_seed_is_a_draw(clips):
    one, again, other = (
        draw_windows(clips[:1], FRONT_END, windows_per_track=5, windows_per_label=99, seed=seed).inputs
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert len(np.unique(one[:, 0], axis=0)) == 5
