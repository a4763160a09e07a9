"""Labels in the order of their probabilities."""

from __future__ import annotations

import numpy as np

from streamgenre.decide.smoothing import Float64
from streamgenre.messages import LabelProbability

TAGS_SHOWN = 5


def ranked(
    labels: tuple[str, ...], probabilities: Float64, count: int | None = None
) -> tuple[LabelProbability, ...]:
    """Return the best `count` labels (None: all), best first, ties in the order of `labels`."""
    order = np.argsort(-probabilities, kind="stable")[:count]
    return tuple(LabelProbability(labels[i], float(probabilities[i])) for i in order)
