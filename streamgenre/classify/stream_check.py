"""Whether a model says the same of a window in a stream as of the window alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from streamgenre.messages import Float32, Window

if TYPE_CHECKING:
    from streamgenre.classify.onnx_model import OnnxModel

_SHIFTS = (0.03, 0.17, 0.33, 0.0, 0.08, 1.2, 0.5)
"""Windows between two decisions: overlapping little and much, the same again, and a leap."""


def stream_errors(model: OnnxModel, windows: Float32, names: Sequence[str]) -> list[float]:
    """Slide a window over all `windows`, joined; give the greatest difference of each output.

    windows: (N, frames, bands) float32, N at least 1. Raises ValueError for another shape.
    """
    scorer, errors = model.stream(), np.zeros(len(names))
    for window in _sliding(windows):
        streamed, alone = scorer.outputs(window, names), model.outputs(window.features[None], names)
        found = [np.abs(one - other).max() for one, other in zip(streamed, alone, strict=True)]
        errors = np.maximum(errors, found)
    return [float(error) for error in errors]


def _sliding(windows: Float32) -> Iterator[Window]:
    frames = windows.shape[1]
    rows, first, shifts = windows.reshape(-1, windows.shape[2]), 0, cycle(_SHIFTS)
    while first + frames <= len(rows):
        yield Window(rows[first : first + frames], 0, 0, 0.0, first_frame=first)
        first += round(next(shifts) * frames)
