"""Counting samples that hit full scale."""

from __future__ import annotations

import numpy as np

from streamgenre.messages import Float32

_FULL_SCALE = np.float32(1 - 2**-15)
_LEAST_RUN = 3


class ClipCounter:
    """Counts values at full scale in runs of three or more of one channel: one alone is a legal peak."""

    def __init__(self) -> None:
        self.clipped_samples = 0
        """Values counted so far, over all channels."""
        self.reset()

    def process(self, samples: Float32, peak: float | None = None) -> int:
        """Take (n, channels) float32 and return how many it adds.

        `peak` is their greatest magnitude, where that is known already. A run counts once it is one: its
        first two values may belong to the samples before.
        """
        peak = float(np.abs(samples).max(initial=0)) if peak is None else peak
        if self._quiet and peak < _FULL_SCALE:
            return 0
        before = np.zeros((_LEAST_RUN, samples.shape[1]), bool) if self._quiet else self._before
        full = np.concatenate((before, np.abs(samples) >= _FULL_SCALE))
        in_run = full[2:] & full[1:-1] & full[:-2]
        starts = in_run[1:] & ~in_run[:-1]
        added = int(in_run[1:].sum()) + (_LEAST_RUN - 1) * int(starts.sum())
        self.clipped_samples += added
        self._before = full[-_LEAST_RUN:]
        self._quiet = not self._before.any()
        return added

    def reset(self) -> None:
        """The next sample does not follow the last one; the count stays."""
        self._quiet = True
        self._before = np.zeros((_LEAST_RUN, 1), bool)
