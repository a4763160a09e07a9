from __future__ import annotations

import hashlib
import shutil

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.classify import load_model
from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.errors import ModelError
from tests.support.tiny_model import (
    BANDS,
    FRAMES,
    HEADS,
    tiny_stream_graph,
    tiny_windows,
    write_tiny_model,
    write_tiny_stream_model,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "tiny")


def test_scores_are_float32_posteriors_of_the_labels(folder):
    model = OnnxModel(folder)
    scores = model.scores(tiny_windows(5))
    assert scores.dtype == np.float32
    assert scores.shape == (5, len(model.labels))
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    assert model.labels == HEADS["genre"]
    assert model.gate_labels == HEADS["gate"]
    assert model.tag_labels == HEADS["tags"]


def test_no_windows_give_no_scores(folder):
    model = OnnxModel(folder)
    assert model.scores(tiny_windows(0)).shape == (0, 2)
    assert model.analyse(tiny_windows(0)) == []


def test_analyse_gives_exact_distributions_in_double_precision(folder):
    model = OnnxModel(folder)
    windows = tiny_windows(4)
    for scores, row in zip(model.analyse(windows), model.scores(windows), strict=True):
        assert scores.genre.dtype == np.float64
        assert scores.genre.sum() == pytest.approx(1, abs=1e-15)
        assert scores.gate is not None
        assert scores.gate.sum() == pytest.approx(1, abs=1e-15)
        assert scores.tags is not None
        assert scores.tags.shape == (2,)
        np.testing.assert_allclose(scores.genre, row, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 9), first=st.integers(0, 8))
def test_a_window_scores_the_same_bits_in_any_batch(count, first):
    model = load_model("msd_musicnn")
    windows = np.random.default_rng(3).uniform(0, 5, (9, 187, 96)).astype(np.float32)
    chosen = windows[first : first + count]
    alone = np.concatenate([model.scores(row[None]) for row in chosen])
    assert np.array_equal(model.scores(chosen), alone)


@pytest.mark.parametrize(
    ("windows", "told"),
    [
        (np.zeros((FRAMES, BANDS), np.float32), r"shape \(N, 4, 3\), got float32 \(4, 3\)"),
        (np.zeros((1, BANDS, FRAMES), np.float32), r"got float32 \(1, 3, 4\)"),
        (np.zeros((1, FRAMES, BANDS)), "got float64"),
        (np.full((1, FRAMES, BANDS), np.nan, np.float32), "window 0 holds NaN"),
        (np.full((1, FRAMES, BANDS), -np.inf, np.float32), "window 0 holds NaN or infinite"),
    ],
)
def test_windows_of_another_kind_are_refused(folder, windows, told):
    with pytest.raises(ValueError, match=told):
        OnnxModel(folder).scores(windows)


def test_a_tag_model_scores_its_tags_and_is_not_for_listening(tmp_path):
    model = OnnxModel(write_tiny_model(tmp_path / "tagger", {"tags": ("guitar", "piano")}))
    assert model.labels == ("guitar", "piano")
    assert model.scores(tiny_windows(2)).shape == (2, 2)
    with pytest.raises(ModelError, match="gives tags, not genres"):
        model.analyse(tiny_windows(1))


def test_a_changed_graph_is_told_from_its_card(copy):
    graph = bytearray((copy / "model.onnx").read_bytes())
    graph[len(graph) // 2] ^= 1
    (copy / "model.onnx").write_bytes(graph)
    with pytest.raises(ModelError, match="damaged or replaced"):
        OnnxModel(copy)


def test_a_missing_graph_is_named(copy):
    (copy / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"model\.onnx: cannot read the model's graph \(No such file"):
        OnnxModel(copy)


def _replace_graph(folder, graph: bytes) -> None:
    """Put another graph in place, and its digest into the card."""
    old = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    (folder / "model.onnx").write_bytes(graph)
    card = folder / "card.toml"
    card.write_text(card.read_text().replace(old, hashlib.sha256(graph).hexdigest()))


@pytest.mark.parametrize("kept", [0, 10, 200])
def test_a_graph_cut_short_is_refused_by_name(copy, kept):
    _replace_graph(copy, (copy / "model.onnx").read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"model\.onnx: ") as caught:
        OnnxModel(copy)
    assert "\n" not in str(caught.value)


def test_an_opset_of_the_future_is_refused_by_name(copy):
    model = onnx.load(copy / "model.onnx")
    model.opset_import[0].version = 999
    _replace_graph(copy, model.SerializeToString())
    with pytest.raises(ModelError, match=r"needs opset 999 of ai\.onnx, .* up to \d+; update onnxruntime"):
        OnnxModel(copy)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("window_frames = 4", "window_frames = 5", r"input windows: by the card expected .*\(N, 5, 3\)"),
        ("n_mels = 3", "n_mels = 2", r"input windows: by the card expected .*\(N, 4, 2\)"),
        ('["jazz", "rock"]', '["jazz", "pop", "rock"]', r"output genre: by the card expected .*\(N, 3\)"),
        ('genre = "genre"', 'genre = "posterior"', r"output posterior: the card names it, the graph has"),
        ('input = "windows"', 'input = "x"', r"input x: the card names it, the graph has windows"),
        ("[tolerance]\ngenre", "[tolerance]\ngnere", r"tolerance\.gnere: expected one of genre, gate, tags"),
    ],
)
def test_a_graph_that_does_not_match_its_card_is_refused(copy, old, new, told):
    card = copy / "card.toml"
    assert old in card.read_text()
    card.write_text(card.read_text().replace(old, new))
    with pytest.raises(ModelError, match=told):
        OnnxModel(copy)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("width = 3", "width = 4", r"output values: by the card expected .*\(N, 4, 4\), found .*'N', 3, 4\]"),
        ('output = "values"', 'output = "v"', r"output v: the card names it, the graph has genre, gate"),
        ('output = "values"', 'output = "tags"', r"output tags: by the card expected .*\(N, 3, 4\), found"),
        ('input = "values_before"', 'input = "x"', r"input x: the card names it, the graph has windows"),
        (
            'new_frames = "new_frames"',
            'new_frames = "windows"',
            r"input windows: .*new_frames expected tensor\(int64\) \(1,\), found tensor\(float\)",
        ),
    ],
)
def test_a_frame_context_that_does_not_match_the_graph_is_refused(tmp_path, old, new, told):
    card = write_tiny_stream_model(tmp_path / "tiny") / "card.toml"
    assert old in card.read_text()
    card.write_text(card.read_text().replace(old, new))
    with pytest.raises(ModelError, match=told) as caught:
        OnnxModel(card.parent)
    assert caught.value.exit_code == 5
    assert "\n" not in str(caught.value)


def test_a_graph_for_streams_without_a_frame_context_is_refused(copy):
    _replace_graph(copy, tiny_stream_graph())
    with pytest.raises(ModelError, match=r"input values_before: the graph asks for it.* frame_context"):
        OnnxModel(copy)


def test_a_frame_context_without_a_graph_for_streams_is_refused(copy, tmp_path):
    stream = write_tiny_stream_model(tmp_path / "stream")
    _replace_graph(stream, (copy / "model.onnx").read_bytes())
    with pytest.raises(
        ModelError, match=r"output values: the card names it, the graph has genre, gate, tags"
    ):
        OnnxModel(stream)


def test_a_graph_for_one_window_at_a_time_is_taken(copy):
    model = onnx.load(copy / "model.onnx")
    for tensor in (*model.graph.input, *model.graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_value = 1
    _replace_graph(copy, model.SerializeToString())
    assert OnnxModel(copy).scores(tiny_windows(3)).shape == (3, 2)
    for tensor in model.graph.input:
        tensor.type.tensor_type.shape.dim[0].dim_value = 64
    _replace_graph(copy, model.SerializeToString())
    with pytest.raises(ModelError, match=r"input windows: .* found tensor\(float\) \[64, 4, 3\]"):
        OnnxModel(copy)
