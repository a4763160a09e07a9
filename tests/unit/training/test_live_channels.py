"""Filters that training switched off are left out of the graph, and nobody can tell."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from training.convert_musicnn import OUTPUT_SIZES, tagger_graph
from training.live_channels import layer_channels, live_musicnn
from training.musicnn_bank import BANDS
from training.musicnn_frames import WINDOW_FRAMES
from training.musicnn_numpy import run_musicnn
from training.musicnn_weights import Affine, Convolution, MusicnnWeights
from training.synthetic_windows import synthetic_windows

FRONT_LIVE = (5, 2, 3, 1, 7)
"""Of each layer's filters, so few that the graph copies them."""
FIRST_LIVE = 20


@pytest.fixture(scope="module")
def weights():
    """Half of all normalisations fall; most filters are still, some with a constant, some silent."""
    generator = np.random.default_rng(12)

    def normal(*shape):
        return generator.normal(0, np.prod(shape[:-1]) ** -0.5, shape).astype(np.float32)

    def affine(count):
        return Affine(generator.normal(0, 1, count).astype(np.float32), normal(1, count)[0])

    def convolution(frames, bands, filters, live):
        kernel = normal(frames, bands, 1, filters)
        kernel[..., generator.permutation(filters)[live:]] *= 1e-27
        return Convolution(kernel, normal(1, filters)[0], affine(filters))

    shapes = ((7, 38, 204), (7, 67, 204), (128, 1, 51), (64, 1, 51), (32, 1, 51))
    front = tuple(convolution(*shape, live) for shape, live in zip(shapes, FRONT_LIVE, strict=True))
    return MusicnnWeights(
        input_norm=affine(1),
        timbral=front[:2],
        temporal=front[2:],
        middle=(convolution(7, 561, 64, FIRST_LIVE), convolution(7, 64, 64, 64), convolution(7, 64, 64, 63)),
        pool_norm=affine(1506),
        dense_kernel=normal(1506, 200),
        dense_bias=normal(1, 200)[0],
        dense_norm=affine(200),
        tag_kernel=normal(200, 50),
        tag_bias=normal(1, 50)[0],
    )


@pytest.fixture(scope="module")
def run(weights):
    graph, names = tagger_graph(weights, "net"), [*OUTPUT_SIZES, "peaks"]
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])

    def scores(window, before=None, new_frames=WINDOW_FRAMES):
        unknown = np.zeros((1, sum(FRONT_LIVE), WINDOW_FRAMES), np.float32)
        inputs = {
            "windows": window[None],
            "peaks_before": unknown if before is None else before,
            "new_frames": np.array([new_frames]),
        }
        return dict(zip(names, session.run(names, inputs), strict=True))

    return scores


def test_live_and_still_channels_are_told_apart(weights):
    network = live_musicnn(weights)
    layers = (*network.weights.timbral, *network.weights.temporal)
    assert tuple(layer.kernel.shape[3] for layer in layers) == FRONT_LIVE
    assert len(network.front.constants) == 561
    assert len(network.first.live) == network.weights.middle[0].kernel.shape[3] == FIRST_LIVE
    assert not network.front.constants[network.front.live].any()


def test_a_still_channel_is_what_the_layer_gives_to_anything(weights):
    layer = weights.timbral[0]
    channels = layer_channels(layer, 1e3)
    plane = np.random.default_rng(1).uniform(-1e3, 1e3, layer.kernel.shape[:2])
    linear = np.einsum("tf,tfo->o", plane, layer.kernel[:, :, 0].astype(np.float64)) + layer.bias
    given = np.maximum(linear, 0) * layer.norm.scale + layer.norm.offset
    still = ~channels.alive
    np.testing.assert_allclose(given[still], channels.constants[still], atol=1e-7)
    assert still.sum() == 204 - FRONT_LIVE[0]


def test_the_graph_answers_as_the_whole_network_does(weights, run):
    for window in synthetic_windows(WINDOW_FRAMES, BANDS)[1:3]:
        answers = run(window)
        for name, expected in run_musicnn(weights, window).items():
            np.testing.assert_allclose(answers[name][0], expected, atol=2e-5, rtol=2e-5, err_msg=name)


@pytest.mark.parametrize("new_frames", [0, 1, 7, 31, 62, 63, 123, 155, 181, 186])
def test_a_stream_gives_the_same(run, new_frames):
    rows = np.concatenate(list(synthetic_windows(WINDOW_FRAMES, BANDS)[1:]))
    earlier, later = (rows[first : first + WINDOW_FRAMES] for first in (100, 100 + new_frames))
    streamed, alone = run(later, run(earlier)["peaks"], new_frames), run(later)
    for name, expected in alone.items():
        np.testing.assert_allclose(streamed[name], expected, rtol=0, atol=1e-5, err_msg=name)


def test_whole_steps_at_the_left_edge_are_computed_and_the_rest_is_known(run):
    window = synthetic_windows(WINDOW_FRAMES, BANDS)[1]
    before = np.full((1, sum(FRONT_LIVE), WINDOW_FRAMES), 7, np.float32)
    kept = np.flatnonzero((run(window, before, 20)["peaks"][0] == 7).all(axis=0))
    assert kept.tolist() == list(range(64, WINDOW_FRAMES - 64 - 20))
