"""Networks: torch and ONNX Runtime agree, and training is one whatever interrupts it."""

from __future__ import annotations

import math

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="PyTorch is not installed: networks cannot be trained here")

from streamgenre.errors import UsageError  # noqa: E402  # after the skip
from streamgenre.settings import FrontEndSettings  # noqa: E402
from tests.unit.training.network_material import FRONT_END, LABELS, material  # noqa: E402
from training.systems.arrays import LIVE, picked_frames  # noqa: E402
from training.systems.input_layers import Standardise  # noqa: E402
from training.systems.layers import build_network, export_network, finished  # noqa: E402
from training.systems.torch_estimator import TorchEstimator  # noqa: E402

MIXED = (
    "level max 80", "standardise", "image",
    "conv 4 2x2 stride 2", "batchnorm", "relu", "pool 2x2 stride 1",
    "conv 4 3x3", "relu", "batchnorm", "conv 3 3x3 valid stride 1x2", "pool 2x3",
    "flatten", "dropout 0.5", "dense 8", "batchnorm", "relu", "dense labels",
)  # fmt: skip
DENSE = ("standardise", "flatten", "dense 8", "relu", "dropout 0.3", "dense labels")
ON_COLUMNS = (
    "columns 496",
    "level mean",
    "standardise",
    "image",
    "conv 2 3x3",
    "pool 4x8",
    "flatten",
    "dense labels",
)
PICTURE = ("columns 496", "picture 288x432 magma", "conv 2 3x3 valid", "pool 8x8", "flatten", "dense labels")


def _ignore(done: int, total: int) -> None:
    assert 0 < done <= total


def _estimator(layers, front_end: FrontEndSettings = FRONT_END, **changes) -> TorchEstimator:
    table = {"kind": "cnn", "layers": layers, "epochs": 4, "batch": 8, "learning_rate": 0.01, **changes}
    return TorchEstimator(table, front_end, LABELS)


def _scores(graph: bytes, windows) -> np.ndarray:
    return onnxruntime.InferenceSession(graph).run(None, {"windows": windows})[0]


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize(
    ("layers", "front_end", "frames"),
    [(MIXED, FRONT_END, 32), (DENSE, FRONT_END, 32), (ON_COLUMNS, LIVE, 496), (PICTURE, LIVE, 496)],
    ids=["mixed", "dense", "columns", "picture"],
)
def test_the_graph_says_what_torch_says(layers, front_end, frames, half, tmp_path):
    estimator = _estimator(layers, front_end, epochs=1, half_weights=half, initialiser="xavier")
    training = material(12, 0, front_end, frames)
    estimator.fit(training, material(6, 1, front_end, frames), 0, tmp_path, _ignore)
    live = material(4, 2, front_end).inputs
    answers = estimator.posterior(live)
    assert np.abs(_scores(estimator.onnx(), live) - answers).max() <= 1e-5
    assert np.allclose(answers.sum(axis=1), 1.0, atol=1e-6)
    assert len(np.unique(answers)) > 3


def test_rows_with_their_columns_picked_are_scored_as_the_live_windows_they_come_from(tmp_path):
    estimator = _estimator(ON_COLUMNS, LIVE, epochs=1)
    estimator.fit(material(6, 0, LIVE, 496), material(3, 1, LIVE, 496), 0, tmp_path, _ignore)
    live = material(2, 2, LIVE).inputs
    picked = live[:, picked_frames(496, LIVE.window_frames)]
    assert np.array_equal(estimator.posterior(picked), estimator.posterior(live))


def test_loudness_does_not_matter_after_a_level_layer(tmp_path):
    estimator = _estimator(MIXED)
    estimator.fit(material(16), material(8, 1), 0, tmp_path, _ignore)
    windows = material(4, 2).inputs
    assert np.abs(estimator.posterior(windows) - estimator.posterior(windows - 12.5)).max() < 1e-4


def test_half_weights_make_the_graph_smaller_and_rows_no_different(tmp_path):
    layers = ("standardise", "flatten", "dense 64", "relu", "dense labels")
    graphs = []
    for half in (False, True):
        estimator = _estimator(layers, half_weights=half)
        estimator.fit(material(16), material(8, 1), 0, tmp_path / str(half), _ignore)
        graphs.append(estimator.onnx())
    assert len(graphs[1]) < 0.55 * len(graphs[0])
    windows = material(4, 2).inputs
    assert np.abs(_scores(graphs[0], windows) - _scores(graphs[1], windows)).max() < 0.01


def test_batch_normalisation_is_folded_away():
    network = build_network(("flatten", "dense 8", "batchnorm", "relu", "dense labels"), (32, 24), 32, 3)
    rows = torch.from_numpy(material(9).inputs)
    network.train()(rows)
    folded = finished(network, half=False)
    assert torch.allclose(folded(rows), network.eval()(rows), atol=1e-4)
    graph = onnx.load_model_from_string(export_network(folded, (32, 24), 3, "genre")).graph
    assert [node.op_type for node in graph.node] == ["Flatten", "Gemm", "Relu", "Gemm", "Softmax"]


def test_it_learns_and_tells_the_best_epoch_of_the_validation(tmp_path):
    estimator = _estimator(DENSE, epochs=8, keep="best")
    history = estimator.fit(material(60), material(30, 1), 0, tmp_path, _ignore)
    losses = [epoch.validation_loss for epoch in history.epochs]
    assert history.best_epoch == losses.index(min(losses))
    tested = material(30, 2)
    assert (estimator.posterior(tested.inputs).argmax(axis=1) == tested.labels).mean() > 0.9
    embedding = estimator.embedding(tested.inputs)
    assert embedding is not None
    assert embedding.shape == (30, 8)


class _StopError(Exception):
    pass


@given(stop_at=st.integers(1, 20), layers=st.sampled_from([MIXED, DENSE]))
@settings(max_examples=4, deadline=None)
def test_an_interrupted_training_ends_as_if_it_had_not_been(stop_at, layers, tmp_path_factory):
    train, validation = material(40), material(12, 1)

    def interrupt(done: int, total: int) -> None:
        assert total == 20
        if done == stop_at:
            raise _StopError

    whole, broken = _estimator(layers), _estimator(layers)
    history = whole.fit(train, validation, 7, tmp_path_factory.mktemp("whole"), _ignore)
    folder = tmp_path_factory.mktemp("broken")
    with pytest.raises(_StopError):
        broken.fit(train, validation, 7, folder, interrupt)
    again = _estimator(layers)
    assert again.fit(train, validation, 7, folder, _ignore) == history
    assert again.onnx() == whole.onnx()


def test_what_another_run_left_is_not_taken_up(tmp_path):
    first, second = _estimator(DENSE), _estimator(DENSE)
    one = first.fit(material(20), material(8, 1), 0, tmp_path, _ignore)
    two = second.fit(material(20), material(8, 1), 1, tmp_path, _ignore)
    assert one != two
    assert first.onnx() != second.onnx()


def test_patience_ends_training_and_nothing_but_the_rows_decides(tmp_path):
    train, noise = material(24), material(12, 1)
    estimator = _estimator(DENSE, epochs=60, patience=3, learning_rate=0.05)
    history = estimator.fit(train, noise.rows(np.arange(12)[::-1]), 0, tmp_path, _ignore)
    assert history.best_epoch is not None
    assert len(history.epochs) in {60, history.best_epoch + 4}


def test_without_validation_the_last_epoch_is_kept(tmp_path):
    nothing = material(4).rows(np.zeros(4, bool))
    history = _estimator(DENSE, patience=1).fit(material(17), nothing, 0, tmp_path, _ignore)
    assert history.best_epoch == 3
    assert all(math.isnan(epoch.validation_loss) for epoch in history.epochs)


def test_a_band_that_never_moves_is_left_at_zero():
    layer = Standardise(3)
    rows = torch.randn(50, 4, 3) * torch.tensor([2.0, 0.0, 5.0]) + 7.0
    layer.learn(rows)
    standard = layer(rows).reshape(-1, 3)
    assert torch.allclose(standard.mean(0), torch.zeros(3), atol=1e-5)
    assert torch.allclose(standard.std(0), torch.tensor([1.0, 0.0, 1.0]), atol=0.01)


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        (("flatten", "dense 4"), "dense labels"),
        (("flaten", "dense labels"), "unknown layer"),
        (("dense labels",), "flatten"),
        (("conv 4 3x3", "flatten", "dense labels"), "image"),
        (("image", "conv 4 3", "flatten", "dense labels"), "height×width"),
        (("image", "pool 64x64", "flatten", "dense labels"), "pool 64x64"),
        (("level loud", "flatten", "dense labels"), "level mean"),
        (("columns 496", "flatten", "dense labels"), "32 frames"),
    ],
)
def test_a_line_that_does_not_fit_is_named(layers, named, tmp_path):
    with pytest.raises(UsageError, match=named):
        _estimator(layers).fit(material(4), material(4), 0, tmp_path, _ignore)


@pytest.mark.parametrize("changes", [{"optimiser": "lion"}, {"epoch": 3}, {"batch": 0}, {"keep": "worst"}])
def test_a_setting_that_cannot_be_is_refused(changes):
    with pytest.raises(UsageError, match="estimator"):
        _estimator(DENSE, **changes)
