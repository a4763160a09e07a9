"""What is no number becomes silence, and is counted."""

from __future__ import annotations

import numpy as np

from streamgenre.messages import Float32

GREATEST_MAGNITUDE = np.float32(1e6)
"""+120 dBFS: no sound is louder, and the square of it is still a number."""


def replace_not_finite(samples: Float32) -> tuple[Float32, int]:
    """Samples with every NaN, infinity and absurd value set to 0, and how many; clean ones as they are."""
    bad = ~(np.abs(samples) <= GREATEST_MAGNITUDE)
    count = int(np.count_nonzero(bad))
    if count == 0:
        return samples, 0
    return np.where(bad, np.float32(0), samples), count
