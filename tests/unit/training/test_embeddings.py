from __future__ import annotations

import wave

import numpy as np
import pytest

from streamgenre.classify import load_model
from training.clip_windows import clip_windows
from training.datasets import Clip
from training.embeddings import Embedder
from training.model_folder import MUSICNN_FRONT_END


@pytest.fixture
def clips(tmp_path):
    """A tone of 4 s, one of half a second, and one that is no audio."""
    seconds = {"long": 4.0, "brief": 0.5}
    for name, length in seconds.items():
        time = np.arange(round(16000 * length)) / 16000
        tone = 0.2 * np.sin(2 * np.pi * 440 * time * (1 + time / 10))
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes((tone * 32767).astype("<i2").tobytes())
    (tmp_path / "broken.wav").write_text("this is no audio")
    names = ("long", "broken", "brief")
    return [Clip(tmp_path / f"{name}.wav", "set", "rock", name, "") for name in names]


def test_a_clip_is_windowed_as_listen_would(clips):
    windows = clip_windows(clips[0], "plain", MUSICNN_FRONT_END, 1.0)
    assert windows.shape == (1, 187, 96)
    assert clip_windows(clips[0], "short", MUSICNN_FRONT_END, 1.0).shape == (1, 187, 96)
    assert clip_windows(clips[2], "plain", MUSICNN_FRONT_END, 1.0).shape == (0, 187, 96)


def test_a_broken_clip_is_named_and_the_others_are_done(clips, tmp_path, monkeypatch):
    monkeypatch.setattr("training.embeddings.CACHE", tmp_path / "cache")
    embedded = Embedder(["msd_musicnn"], ["penultimate", "tags"], 1.0).embed(clips, "plain")
    assert list(embedded.broken) == ["set/broken"]
    assert "broken.wav" in embedded.broken["set/broken"]
    assert embedded.clip_of.tolist() == [0]
    assert embedded.features.shape == (1, 250)


def test_a_second_run_takes_what_was_kept(clips, tmp_path, monkeypatch):
    monkeypatch.setattr("training.embeddings.CACHE", tmp_path / "cache")
    first = Embedder(["msd_musicnn"], ["penultimate"], 1.0).embed(clips[:1], "plain")
    monkeypatch.setattr(type(load_model("msd_musicnn")), "outputs", None)
    second = Embedder(["msd_musicnn"], ["penultimate"], 1.0).embed(clips[:1], "plain")
    assert np.array_equal(first.features, second.features)


def test_the_front_end_of_the_cards_is_the_one_trained_with():
    assert load_model("genre").front_end == load_model("msd_musicnn").front_end == MUSICNN_FRONT_END
