"""A window in a stream is scored as the window alone, whatever came before it."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.classify import load_model
from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.errors import ModelError
from streamgenre.messages import Window
from tests.support.tiny_model import (
    BANDS,
    FRAMES,
    tiny_windows,
    write_tiny_model,
    write_tiny_stream_model,
)

GENRE_FRAMES = 187
HEADS = ["genre", "gate", "tags"]


def window_at(rows: np.ndarray, first: int, frames: int, first_frame: int | None) -> Window:
    return Window(rows[first : first + frames], 0, 0, 3.0, first_frame=first_frame)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return OnnxModel(write_tiny_stream_model(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture
def steps(tiny, monkeypatch):
    """What the graph was given at each step: None or the values, and the number of new frames."""
    seen: list[tuple[np.ndarray | None, int]] = []
    step = tiny.step

    def recorded(window, names, *, before, new_frames):
        seen.append((before, new_frames))
        return step(window, names, before=before, new_frames=new_frames)

    monkeypatch.setattr(tiny, "step", recorded)
    return seen


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 250), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_windows_at_any_distance_score_as_alone(distances, seed):
    model = load_model("genre")
    rows = np.random.default_rng(seed).gamma(1.5, 0.8, (1200, 96)).astype(np.float32)
    scorer = model.stream()
    for first in accumulate([0, *distances]):
        window = window_at(rows, first, GENRE_FRAMES, first)
        alone = model.outputs(window.features[None], HEADS)
        for streamed, expected in zip(scorer.outputs(window, HEADS), alone, strict=True):
            np.testing.assert_allclose(streamed, expected, rtol=0, atol=1e-5)


def test_only_what_is_new_is_computed(tiny, steps):
    rows, scorer = np.concatenate(list(tiny_windows(9))), tiny.stream()
    for first in (0, 1, 1, 4, 8, 20):
        scorer.process(window_at(rows, first, FRAMES, first + 5))
    assert [(before is not None, new) for before, new in steps] == [
        (False, 4),
        (True, 1),
        (True, 0),
        (True, 3),
        (False, 4),
        (False, 4),
    ]


def test_an_earlier_window_is_computed_whole(tiny, steps):
    scorer = tiny.stream()
    for first in (7, 6):
        scorer.process(window_at(tiny_windows(1)[0], 0, FRAMES, first))
    assert steps == [(None, 4), (None, 4)]


def test_a_window_off_the_grid_takes_nothing_and_leaves_nothing(tiny, steps):
    scorer = tiny.stream()
    for first in (0, None, 1):
        scorer.process(window_at(tiny_windows(1)[0], 0, FRAMES, first))
    assert steps == [(None, 4)] * 3


def test_a_reset_forgets(tiny, steps):
    scorer = tiny.stream()
    scorer.process(window_at(tiny_windows(1)[0], 0, FRAMES, 0))
    scorer.reset()
    scorer.process(window_at(tiny_windows(1)[0], 0, FRAMES, 1))
    assert steps == [(None, 4)] * 2


def test_streams_of_one_model_do_not_mix(tiny):
    sounds = [np.concatenate(list(tiny_windows(5, seed))) for seed in (1, 2)]
    scorers = [tiny.stream(), tiny.stream()]
    for first in range(12):
        for rows, scorer in zip(sounds, scorers, strict=True):
            window = window_at(rows, first, FRAMES, first)
            (alone,) = tiny.analyse(window.features[None])
            assert np.array_equal(scorer.process(window).genre, alone.genre)


def test_a_model_without_frame_context_scores_whole_windows(tmp_path):
    model = OnnxModel(write_tiny_model(tmp_path / "tiny"))
    rows, scorer = np.concatenate(list(tiny_windows(3))), model.stream()
    for first in range(6):
        window = window_at(rows, first, FRAMES, first)
        (alone,) = model.analyse(window.features[None])
        assert np.array_equal(scorer.process(window).genre, alone.genre)


def test_a_window_of_another_shape_is_refused(tiny):
    with pytest.raises(ValueError, match=r"got float32 \(1, 3, 3\)"):
        tiny.stream().process(Window(np.zeros((BANDS, BANDS), np.float32), 0, 0, 3.0, first_frame=0))


def test_a_tag_model_streams_its_tags_but_gives_no_scores():
    model = load_model("msd_musicnn")
    window = window_at(np.zeros((GENRE_FRAMES, 96), np.float32), 0, GENRE_FRAMES, 0)
    assert model.stream().outputs(window, ["tags"])[0].shape == (1, 50)
    with pytest.raises(ModelError, match="gives tags, not genres"):
        model.stream().process(window)
