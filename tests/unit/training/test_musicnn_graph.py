"""The graphs that are written, against the NumPy implementation, with made-up weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from training.convert_musicnn import OUTPUT_SIZES, tagger_graph
from training.export import genre_graph
from training.heads import LinearHead
from training.musicnn_bank import BANDS
from training.musicnn_frames import WINDOW_FRAMES
from training.musicnn_numpy import run_musicnn
from training.musicnn_weights import Affine, Convolution, MusicnnWeights
from training.synthetic_windows import synthetic_windows

PEAKS = 561


@pytest.fixture(scope="module")
def weights():
    """Half of all normalisations fall, as many of the trained ones do."""
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


def _alone(windows: np.ndarray, peaks: int = PEAKS) -> dict[str, np.ndarray]:
    before = np.zeros((len(windows), peaks, WINDOW_FRAMES), np.float32)
    return {"windows": windows, "peaks_before": before, "new_frames": np.array([WINDOW_FRAMES])}


def test_the_graph_answers_as_numpy_does(weights):
    windows = synthetic_windows(WINDOW_FRAMES, BANDS)[1:3]
    answers = _run(tagger_graph(weights, "net"), list(OUTPUT_SIZES), _alone(windows))
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
    answers = _run(genre_graph({"net": weights}, features, heads), ["genre", "gate", "tags"], _alone(windows))
    found = run_musicnn(weights, windows[0])
    joined = np.concatenate([found[name] for name in features])[None]
    for role, head in heads.items():
        np.testing.assert_allclose(answers[role], np.exp(head.log_posterior(joined)), atol=1e-4)
    np.testing.assert_allclose(answers["tags"][0], found["tags"], atol=1e-4)


def test_the_same_weights_give_the_same_bytes(weights):
    assert tagger_graph(weights, "net") == tagger_graph(weights, "net")


@pytest.mark.parametrize("new_frames", [0, 1, 31, 60, 123, 155, 181, 186])
def test_what_the_window_before_knew_gives_the_same_answers(weights, new_frames):
    rows = np.concatenate(list(synthetic_windows(WINDOW_FRAMES, BANDS)[1:]))
    earlier, later = (rows[first : first + WINDOW_FRAMES][None] for first in (100, 100 + new_frames))
    graph, names = tagger_graph(weights, "net"), ["tags", "logits", "peaks"]
    before = _run(graph, names, _alone(earlier))["peaks"]
    known = {"windows": later, "peaks_before": before, "new_frames": np.array([new_frames])}
    alone, streamed = _run(graph, names, _alone(later)), _run(graph, names, known)
    for name in names:
        np.testing.assert_allclose(streamed[name], alone[name], rtol=0, atol=1e-5, err_msg=name)


def test_known_peaks_are_taken_and_not_computed_again(weights):
    windows = synthetic_windows(WINDOW_FRAMES, BANDS)[1:2]
    before = np.full((1, PEAKS, WINDOW_FRAMES), 7, np.float32)
    known = {"windows": windows, "peaks_before": before, "new_frames": np.array([20])}
    peaks = _run(tagger_graph(weights, "net"), ["peaks"], known)["peaks"][0]
    for channels, (left, right) in {(0, 408): (3, 3), (408, 459): (63, 64), (510, 561): (15, 16)}.items():
        kept = (peaks[slice(*channels)] == 7).all(axis=0)
        assert np.flatnonzero(kept).tolist() == list(range(left, WINDOW_FRAMES - right - 20))


def test_networks_side_by_side_keep_their_own_peaks(weights):
    head = LinearHead(np.random.default_rng(2).normal(0, 0.1, (400, 2)), np.zeros(2))
    networks = {"one": weights, "two": replace(weights, timbral=weights.timbral[::-1])}
    graph = genre_graph(networks, ("penultimate",), {"genre": head})
    rows = np.concatenate(list(synthetic_windows(WINDOW_FRAMES, BANDS)[1:]))
    earlier, later = rows[None, :WINDOW_FRAMES], rows[None, 31 : 31 + WINDOW_FRAMES]
    before = _run(graph, ["peaks"], _alone(earlier, 2 * PEAKS))["peaks"]
    known = {"windows": later, "peaks_before": before, "new_frames": np.array([31])}
    alone, streamed = _run(graph, ["genre"], _alone(later, 2 * PEAKS)), _run(graph, ["genre"], known)
    np.testing.assert_allclose(streamed["genre"], alone["genre"], rtol=0, atol=1e-5)
