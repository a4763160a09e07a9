"""Blocks of any length in, whole overlapping frames out."""

from __future__ import annotations

import numpy as np

from streamgenre.messages import Float32


class Framer:
    """Frame i covers the samples [i × hop, i × hop + frame_samples): uncentred, nothing is padded."""

    def __init__(self, frame_samples: int, hop_samples: int) -> None:
        self._frame_samples = frame_samples
        self._hop_samples = hop_samples
        self.reset()

    def process(self, block: Float32) -> tuple[Float32, int]:
        """Mono block of any length → samples from the next frame on, and how many frames are whole."""
        samples = np.concatenate((self._rest, block), dtype=np.float32, casting="same_kind")
        frames = self.frames_in(len(samples))
        self._rest = samples[frames * self._hop_samples :]
        return samples, frames

    def frames_in(self, samples: int) -> int:
        """How many whole frames lie in the first `samples` of a stream."""
        return max(0, (samples - self._frame_samples) // self._hop_samples + 1)

    def reset(self) -> None:
        """Forget the samples of incomplete frames."""
        self._rest: Float32 = np.empty(0, np.float32)
