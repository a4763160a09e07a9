"""Blocks of any length in, whole overlapping frames out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from streamgenre.messages import Float32


class Framer:
    """Frame i covers the samples [i × hop, i × hop + frame_samples): uncentred, nothing is padded."""

    def __init__(self, frame_samples: int, hop_samples: int) -> None:
        self._frame_samples = frame_samples
        self._hop_samples = hop_samples
        self.reset()

    def process(self, block: Float32) -> Iterator[tuple[Float32, int]]:
        """Mono (n,) of any length → contiguous samples from the next frame on, and how many frames are whole.

        First the frames that begin before the block, then those within it, which is not copied.
        """
        before = len(self._rest)
        seam = np.concatenate((self._rest, block[: self._frame_samples]))
        frames = min(self._frames_in(len(seam)), -(-before // self._hop_samples))
        yield seam, frames
        next_frame = frames * self._hop_samples
        if next_frame < before:
            self._rest = seam[next_frame:]
            return
        block = block[next_frame - before :]
        frames = self._frames_in(len(block))
        self._rest = block[frames * self._hop_samples :].copy()
        yield block, frames

    def frames_after(self, samples: int) -> int:
        """How many frames the next block completes, if it has `samples`."""
        return self._frames_in(len(self._rest) + samples)

    def reset(self) -> None:
        """Forget the samples of incomplete frames."""
        self._rest: Float32 = np.empty(0, np.float32)

    def _frames_in(self, samples: int) -> int:
        return frames_in(samples, self._frame_samples, self._hop_samples)


def frames_in(samples: int, frame_samples: int, hop_samples: int) -> int:
    """How many whole frames lie in the first `samples` of a stream."""
    return max(0, (samples - frame_samples) // hop_samples + 1)
