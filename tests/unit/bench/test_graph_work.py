"""Multiply-adds counted from shapes, and against a graph whose work is known."""

from __future__ import annotations

import pytest

from streamgenre.bench.front_end import FRONT_ENDS
from streamgenre.bench.graph_work import _of_node, whole_and_streamed
from streamgenre.bench.inference import output_names, windows_of
from streamgenre.bench.limits import front_end_flops
from streamgenre.classify.registry import load_model


def node(name: str, inputs: list[list[int]], output: list[int]) -> dict:
    kinds = [{"float": shape} for shape in inputs]
    return {"op_name": name, "input_type_shape": kinds, "output_type_shape": [{"float": output}]}


@pytest.mark.parametrize(
    ("found", "multiply_adds"),
    [
        (node("Conv", [[1, 3, 10, 10], [8, 3, 3, 3], [8]], [1, 8, 8, 8]), 8 * 64 * 27),
        (node("Conv", [[1, 8, 20], [8, 1, 5]], [1, 8, 16]), 8 * 16 * 5),
        (node("MatMul", [[2, 4, 6], [6, 5]], [2, 4, 5]), 2 * 4 * 5 * 6),
        (node("Gemm", [[3, 7], [7, 2], [2]], [3, 2]), 3 * 7 * 2),
        (node("Relu", [[3, 7]], [3, 7]), 0),
    ],
)
def test_of_a_node(found, multiply_adds):
    assert _of_node(found) == multiply_adds


def test_a_stream_does_less_than_whole_windows():
    model = load_model("msd_musicnn")
    whole, streamed = whole_and_streamed(model, windows_of(model, 0.5, 1), output_names(model))
    assert 1e6 < whole < 1.5e9
    assert streamed < whole / 2


def test_a_frame_costs_what_its_transform_does_and_a_little_more():
    for settings in FRONT_ENDS.values():
        assert 1 < front_end_flops(settings) / (2.5 * settings.n_fft * (settings.n_fft.bit_length() - 1)) < 2
