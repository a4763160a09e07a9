"""Networks in PyTorch: trained here, run by ONNX Runtime everywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from streamgenre.settings import FrontEndSettings
from training.systems.checkpoints import Checkpoint
from training.systems.estimator import History, Progress
from training.systems.input_layers import Standardise
from training.systems.layers import build_network, export_network, finished
from training.systems.learnt_layers import Conv, Dense, values_of
from training.systems.material import Material
from training.systems.torch_training import Training
from training.systems.training_settings import TrainingSettings

Float32 = NDArray[np.float32]
_CHUNK = 64
"""Rows at a time where nothing is learnt."""


class TorchEstimator:
    """A dense or convolutional network; see `training_settings` and `layers` for its table."""

    def __init__(self, table: Mapping[str, Any], front_end: FrontEndSettings, labels: Sequence[str]) -> None:
        self._settings = TrainingSettings.read(table)
        self._window = (front_end.window_frames, front_end.frames.bands)
        self._labels = len(labels)
        self._network: nn.Sequential | None = None

    def fit(
        self, train: Material, validation: Material, seed: int, checkpoint: Path, progress: Progress
    ) -> History:
        """Train; goes on from `checkpoint` after an interruption, and does nothing where it is complete.

        One thread: sums in another order would be other weights.
        """
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        settings = self._settings
        network = build_network(settings.layers, train.inputs.shape[1:], self._window[0], self._labels)
        _initialise(network, settings.initialiser)
        _learn_inputs(network, torch.from_numpy(train.inputs))
        file = Checkpoint(checkpoint, settings, seed, (train, validation))
        history = Training(network, settings, seed, file).run(train, validation, progress)
        self._network = finished(network, half=settings.half_weights)
        return history

    def posterior(self, inputs: Float32) -> Float32:
        """(rows, frames, bands) → (rows, labels), each row summing to 1; live windows or training rows."""
        return _apply(nn.Sequential(self._trained, nn.Softmax(1)), inputs)

    def embedding(self, inputs: Float32) -> Float32 | None:
        """(rows, values) of what the last layer is given; None where no layer has learnt it."""
        body = self._trained[:-1]
        return _apply(body, inputs) if any(isinstance(layer, Conv | Dense) for layer in body) else None

    @property
    def importances(self) -> None:
        """Only forests have them."""

    def onnx(self) -> bytes:
        """Give the graph for live windows: `windows` (N, frames, bands) → `genre` (N, labels)."""
        return export_network(self._trained, self._window, self._labels, "genre")

    @property
    def _trained(self) -> nn.Sequential:
        if self._network is None:
            raise ValueError("fit comes first")
        return self._network


@torch.no_grad()
def _learn_inputs(network: nn.Sequential, rows: Tensor) -> None:
    for index, layer in enumerate(network):
        if isinstance(layer, Standardise):
            layer.learn(torch.cat([network[:index](chunk) for chunk in rows.split(_CHUNK)]))


def _initialise(network: nn.Sequential, initialiser: str) -> None:
    if initialiser == "xavier":
        for layer in network:
            if isinstance(layer, Conv | Dense):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)


@torch.no_grad()
def _apply(network: nn.Sequential, inputs: Float32) -> Float32:
    rows = torch.from_numpy(np.ascontiguousarray(inputs))
    return values_of(torch.cat([network(chunk) for chunk in rows.split(_CHUNK)]))
