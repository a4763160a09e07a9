"""What every network and forest of the papers can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from training.systems.material import Material

Progress = Callable[[int, int], None]
"""Told how many steps are done, of how many."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One point of the learning curves."""

    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True, slots=True)
class History:
    """How training went; a forest has no epochs."""

    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int | None = None


class Estimator(Protocol):
    """Built from a recipe's [estimator] table; the same rows and seed give the same answers."""

    def fit(
        self, train: Material, validation: Material, seed: int, checkpoint: Path, progress: Progress
    ) -> History:
        """Train, resuming from `checkpoint` (a folder of its own) after an interruption."""
        ...

    def posterior(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(rows, frames, bands) → (rows, labels), each row summing to 1."""
        ...

    def embedding(self, inputs: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """(rows, values) of the last layer but one, for t-SNE; None where there is none."""
        ...

    @property
    def importances(self) -> NDArray[np.float64] | None:
        """(bands,) of a forest; None for networks."""
        ...

    def onnx(self) -> bytes:
        """The graph: `windows` (N, frames, bands) float32 → `genre` (N, labels) float32."""
        ...
