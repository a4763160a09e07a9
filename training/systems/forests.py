"""Random forests and extra trees, and their graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from streamgenre.errors import UsageError
from training.graph import IR_VERSION, OPSET
from training.systems.estimator import History, Progress
from training.systems.material import Material

_ML_OPSET = 3
_KINDS = {"forest": RandomForestClassifier, "extra_trees": ExtraTreesClassifier}


class ForestEstimator:
    """Trees. Keys: kind, trees, max_depth (0: none), min_split, bootstrap, max_features."""

    def __init__(self, table: Mapping[str, Any], labels: Sequence[str]) -> None:
        self._labels = tuple(labels)
        values = dict(table)
        kind = _KINDS[values.pop("kind")]
        settings: dict[str, Any] = {
            "n_estimators": values.pop("trees"),
            "max_depth": values.pop("max_depth", 0) or None,
            "min_samples_split": values.pop("min_split", 2),
            "bootstrap": values.pop("bootstrap", kind is RandomForestClassifier),
            "max_features": values.pop("max_features", "sqrt"),
        }
        if values:
            raise UsageError(f"[estimator] of a forest has no key {', '.join(values)}")
        self._forest = kind(**settings, n_jobs=2)

    def fit(
        self, train: Material, validation: Material, seed: int, checkpoint: Path, progress: Progress
    ) -> History:
        """Grow the trees: seconds, so nothing is kept on the way; validation rows are not looked at."""
        del validation, checkpoint
        self._forest.set_params(random_state=seed)
        self._forest.fit(_flat(train.inputs), train.labels)
        progress(1, 1)
        return History()

    def posterior(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(rows, 1, columns) → (rows, labels): mean share of the label in the leaves reached."""
        answers = np.zeros((len(inputs), len(self._labels)), np.float32)
        answers[:, self._forest.classes_] = self._forest.predict_proba(_flat(inputs))
        return answers

    def embedding(self, inputs: NDArray[np.float32]) -> None:
        """There is no last layer but one in a forest."""
        del inputs

    @property
    def importances(self) -> NDArray[np.float64]:
        """(columns,) mean decrease in impurity, sum 1."""
        return self._forest.feature_importances_

    def onnx(self) -> bytes:
        """Convert with skl2onnx, then drop what says nothing; see `_slim`."""
        from skl2onnx import convert_sklearn  # noqa: PLC0415  # needed for the export alone
        from skl2onnx.common.data_types import FloatTensorType  # noqa: PLC0415

        columns = int(self._forest.n_features_in_)
        converted = convert_sklearn(
            self._forest,
            initial_types=[("rows", FloatTensorType([None, columns]))],
            options={"zipmap": False},
            target_opset={"": OPSET, "ai.onnx.ml": _ML_OPSET},
        )
        trees = next(node for node in converted.graph.node if node.op_type == "TreeEnsembleClassifier")
        return _graph(_slim(trees, self._forest, len(self._labels)), columns, len(self._labels))


def _flat(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    return inputs.reshape(len(inputs), int(np.prod(inputs.shape[1:])))


def _slim(
    trees: onnx.NodeProto, forest: RandomForestClassifier | ExtraTreesClassifier, labels: int
) -> onnx.NodeProto:
    """Round thresholds down, as a comparison of 32-bit numbers wants it; name shares that are not zero alone.

    Labels that were not in training have no share.
    """
    values = {attribute.name: helper.get_attribute_value(attribute) for attribute in trees.attribute}
    leaf = np.array([mode == b"LEAF" for mode in values["nodes_modes"]])
    thresholds = np.concatenate([tree.tree_.threshold for tree in forest.estimators_])
    values["nodes_values"] = np.where(leaf, 0.0, _rounded_down(thresholds)).astype(np.float32)
    for name in ("nodes_hitrates", "nodes_missing_value_tracks_true"):
        values.pop(name, None)
    values |= _shares(forest) | {"classlabels_int64s": list(range(labels))}
    return helper.make_node(
        "TreeEnsembleClassifier", ["rows"], ["answer", "genre"], "trees", domain="ai.onnx.ml", **values
    )


def _shares(forest: RandomForestClassifier | ExtraTreesClassifier) -> dict[str, list[int] | list[float]]:
    """Give the labels of every leaf, each with its share of the rows there and of the trees."""
    found = []
    for number, tree in enumerate(forest.estimators_):
        shares = tree.tree_.value[:, 0, :] / tree.tree_.value[:, 0, :].sum(axis=1, keepdims=True)
        shares[tree.tree_.children_left >= 0] = 0.0
        nodes, classes = np.nonzero(shares)
        weights = shares[nodes, classes] / len(forest.estimators_)
        found.append((np.full(len(nodes), number), nodes, forest.classes_[classes], weights))
    names = ("class_treeids", "class_nodeids", "class_ids", "class_weights")
    parts = (np.concatenate(part).tolist() for part in zip(*found, strict=True))
    return dict(zip(names, parts, strict=True))


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Give the greatest 32-bit number not above: x ≤ t then says the same of every 32-bit x."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)


def _graph(trees: onnx.NodeProto, columns: int, labels: int) -> bytes:
    shape = numpy_helper.from_array(np.array([-1, columns], np.int64), "row_shape")
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["windows", "row_shape"], ["rows"], "rows"), trees],
        "forest",
        [helper.make_tensor_value_info("windows", TensorProto.FLOAT, ["N", 1, columns])],
        [helper.make_tensor_value_info("genre", TensorProto.FLOAT, ["N", labels])],
        [shape],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", _ML_OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="streamgenre")
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)
