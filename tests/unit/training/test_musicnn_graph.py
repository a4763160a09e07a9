"""The graphs that are written, against the NumPy implementation, with made-up weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from training.convert_musicnn import OUTPUT_SIZES, tagger_graph
from training.export import genre_graph
from training.heads import LinearHead
from training.musicnn_graph import BANDS, WINDOW_FRAMES
from training.musicnn_numpy import run_musicnn
from training.musicnn_weights import Affine, Convolution, MusicnnWeights
from training.synthetic_windows import synthetic_windows

MODELS = Path(__file__).parents[3] / "models"


@pytest.fixture(scope="module")
def weights():
    """Half of all normalisations fall, which the trained ones rarely do."""
    generator = np.random.default_rng(11)

    def normal(*shape):
        return generator.normal(0, np.prod(shape[:-1]) ** -0.5, shape).astype(np.float32)

    def affine(count):
        return Affine(generator.normal(0, 1, count).astype(np.float32), normal(1, count)[0])

    def convolution(frames, bands, filters):
        return Convolution(normal(frames, bands, 1, filters), normal(1, filters)[0], affine(filters))

    return MusicnnWeights(
        input_norm=affine(1),
        timbral=(convolution(7, 38, 204), convolution(7, 67, 204)),
        temporal=tuple(convolution(frames, 1, 51) for frames in (128, 64, 32)),
        middle=(convolution(7, 561, 64), convolution(7, 64, 64), convolution(7, 64, 64)),
        pool_norm=affine(1506),
        dense_kernel=normal(1506, 200),
        dense_bias=normal(1, 200)[0],
        dense_norm=affine(200),
        tag_kernel=normal(200, 50),
        tag_bias=normal(1, 50)[0],
    )


def _run(graph: bytes, outputs: list[str], inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return dict(zip(outputs, session.run(outputs, inputs), strict=True))


def test_the_graph_answers_as_numpy_does(weights):
    windows = synthetic_windows(WINDOW_FRAMES, BANDS)[1:3]
    answers = _run(tagger_graph(weights, "net"), list(OUTPUT_SIZES), {"windows": windows})
    for row, window in enumerate(windows):
        for name, expected in run_musicnn(weights, window).items():
            np.testing.assert_allclose(answers[name][row], expected, atol=2e-4, rtol=1e-4, err_msg=name)


def test_heads_stand_on_the_joined_features(weights):
    generator = np.random.default_rng(2)
    features = ("penultimate", "max_pool")
    heads = {
        role: LinearHead(generator.normal(0, 0.02, (953, count)), generator.normal(0, 1, count))
        for role, count in {"genre": 11, "gate": 3}.items()
    }
    windows = synthetic_windows(WINDOW_FRAMES, BANDS)[3:]
    answers = _run(
        genre_graph({"net": weights}, features, heads), ["genre", "gate", "tags"], {"windows": windows}
    )
    found = run_musicnn(weights, windows[0])
    joined = np.concatenate([found[name] for name in features])[None]
    for role, head in heads.items():
        np.testing.assert_allclose(answers[role], np.exp(head.log_posterior(joined)), atol=1e-4)
    np.testing.assert_allclose(answers["tags"][0], found["tags"], atol=1e-4)


def test_the_same_weights_give_the_same_bytes(weights):
    assert tagger_graph(weights, "net") == tagger_graph(weights, "net")


@pytest.mark.parametrize("name", ["msd_musicnn", "mtt_musicnn", "genre"])
def test_a_graph_can_be_cut_between_its_frame_and_window_part(name, tmp_path):
    network = "msd_musicnn" if name == "genre" else name
    whole, cut = MODELS / name / "model.onnx", f"{network}/frame/timbral"
    onnx.utils.extract_model(str(whole), str(tmp_path / "frame.onnx"), ["windows"], [cut])
    onnx.utils.extract_model(str(whole), str(tmp_path / "window.onnx"), ["windows", cut], ["tags"])
    windows = synthetic_windows(WINDOW_FRAMES, BANDS)
    frames = _run((tmp_path / "frame.onnx").read_bytes(), [cut], {"windows": windows})
    rest = _run((tmp_path / "window.onnx").read_bytes(), ["tags"], {"windows": windows} | frames)
    expected = _run(whole.read_bytes(), ["tags"], {"windows": windows})
    np.testing.assert_allclose(rest["tags"], expected["tags"], atol=1e-6)
    assert frames[cut].shape == (len(windows), 408, WINDOW_FRAMES)
