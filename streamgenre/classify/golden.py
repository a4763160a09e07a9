"""golden.npz: windows with the answers a model gave where it was made; `models verify` repeats them.

A model that can go from window to window is also checked for saying the same on the way.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streamgenre.classify.registry import load_model
from streamgenre.classify.stream_check import stream_errors
from streamgenre.errors import ModelError

if TYPE_CHECKING:
    from streamgenre.classify.onnx_model import OnnxModel

GOLDEN_FILE = "golden.npz"
INPUT_KEY = "windows"
_DAMAGE = (ValueError, EOFError, AttributeError, KeyError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True)
class OutputCheck:
    """How one output compares with its golden vectors."""

    output: str
    max_error: float
    """Greatest absolute difference."""
    tolerance: float
    """Greatest allowed by the card."""

    @property
    def passed(self) -> bool:
        return self.max_error <= self.tolerance


@dataclass(frozen=True, slots=True)
class GoldenReport:
    """What `models verify` found for one model."""

    name: str
    windows: int
    """How many golden windows were run."""
    checks: tuple[OutputCheck, ...]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


def verify_model(name_or_folder: str | Path) -> GoldenReport:
    """Run a model's golden windows here; raises ModelError where that is not possible."""
    return verify_loaded(load_model(name_or_folder))


def verify_loaded(model: OnnxModel) -> GoldenReport:
    """Run the golden windows that lie beside the model's card."""
    path = model.card.path.parent / GOLDEN_FILE
    golden, names = _read_golden(path), list(model.card.tolerance)
    missing = [name for name in (INPUT_KEY, *names) if name not in golden]
    if not names:
        raise ModelError(f"{model.card.path}: tolerance: expected at least one output to verify, found none")
    if missing:
        raise ModelError(
            f"{path}: expected {', '.join([INPUT_KEY, *names])}, missing {', '.join(missing) or 'all'}"
        )
    try:
        answers = model.outputs(golden[INPUT_KEY].astype(np.float32), names)
    except ValueError as error:
        raise ModelError(f"{path}: {INPUT_KEY}: {error}") from error
    checks = [
        OutputCheck(name, _max_error(path, name, answer, golden[name]), model.card.tolerance[name])
        for name, answer in zip(names, answers, strict=True)
    ]
    checks += _stream_checks(model, golden[INPUT_KEY].astype(np.float32))
    return GoldenReport(model.card.name, len(golden[INPUT_KEY]), tuple(checks))


def _stream_checks(model: OnnxModel, windows: NDArray[np.float32]) -> list[OutputCheck]:
    if model.card.frame_context is None:
        return []
    tolerance = model.card.tolerance
    errors = stream_errors(model, windows, list(tolerance))
    return [
        OutputCheck(f"{name} in a stream", error, tolerance[name])
        for name, error in zip(tolerance, errors, strict=True)
    ]


def _max_error(path: Path, name: str, answer: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    if answer.shape != expected.shape or not answer.size:
        raise ModelError(f"{path}: {name}: expected shape {answer.shape}, found {expected.shape}")
    return float(np.abs(answer - expected).max())


def _read_golden(path: Path) -> Mapping[str, NDArray[np.float32]]:
    try:
        archive = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
        return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise ModelError(f"{path}: cannot read the golden vectors ({error.strerror})") from error
    except _DAMAGE as error:
        raise ModelError(f"{path}: damaged golden vectors: {error}; install the model again") from error
