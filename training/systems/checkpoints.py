"""What training has reached, on disk after each epoch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.systems.estimator import Epoch
from training.systems.material import Material
from training.systems.training_settings import TrainingSettings

_FILE = "training.pt"


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """Everything needed to go on."""

    weights: dict[str, Any]
    best: dict[str, Any]
    """Weights of the epoch kept so far."""
    optimiser: dict[str, Any]
    epochs: list[Epoch]


class Checkpoint:
    """One run's file; another run's is not taken up."""

    def __init__(
        self, folder: Path, settings: TrainingSettings, seed: int, parts: Sequence[Material]
    ) -> None:
        self._file = folder / _FILE
        self._run = _run_digest(settings, seed, parts)

    def save(self, reached: Reached) -> None:
        """Write beside, then rename: an interruption leaves the epoch before."""
        values = {
            "run": self._run,
            "weights": reached.weights,
            "best": reached.best,
            "optimiser": reached.optimiser,
            "epochs": [asdict(epoch) for epoch in reached.epochs],
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_suffix(".part")
        torch.save(values, beside)
        beside.replace(self._file)

    def load(self) -> Reached | None:
        """Give what this very run reached; None where it has not begun."""
        if not self._file.is_file():
            return None
        values = torch.load(self._file, weights_only=True)
        if values["run"] != self._run:
            return None
        epochs = [Epoch(**epoch) for epoch in values["epochs"]]
        return Reached(values["weights"], values["best"], values["optimiser"], epochs)


def _run_digest(settings: TrainingSettings, seed: int, parts: Sequence[Material]) -> str:
    digest = hashlib.blake2b(repr((asdict(settings), seed, torch.__version__)).encode())
    for part in parts:
        digest.update(np.ascontiguousarray(part.inputs).data)
        digest.update(np.ascontiguousarray(part.labels).data)
    return digest.hexdigest()
