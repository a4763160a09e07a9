"""From how sure a belief sounds to how often it proves right."""

from __future__ import annotations

import numpy as np

from streamgenre.decide.smoothing import Float64

_LEAST_BELIEF = 1e-12


def calibrated(belief: Float64, sharpness: float) -> Float64:
    """Raise to a power: (…, labels) float64 → the same shape and order, rows sum to 1."""
    logs = sharpness * np.log(np.maximum(belief, _LEAST_BELIEF))
    weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)
