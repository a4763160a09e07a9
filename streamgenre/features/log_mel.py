"""Streaming log-mel spectrogram."""

from __future__ import annotations

import numpy as np

from streamgenre.features.framing import Framer
from streamgenre.features.mel_power import MelPower
from streamgenre.messages import Float32
from streamgenre.settings import LogMelSettings


class LogMel:
    """Sound in blocks of any length to log-mel frames, bit for bit the same for every chunking.

    Equals librosa.feature.melspectrogram(center=False) and its compression within 1e-3 dB where a band is
    above −80 dB, and within 1e-2 dB down to −100 dB. Frame i covers the samples [i × hop, i × hop + n_fft).
    """

    def __init__(self, settings: LogMelSettings) -> None:
        self.settings = settings
        self._framer = Framer(settings.n_fft, settings.hop_samples)
        self._mel_power = MelPower(settings)

    @property
    def latency_samples(self) -> int:
        """Samples from the start of a frame until it is given."""
        return self.settings.n_fft

    def process(self, block: Float32) -> Float32:
        """Mono (n,) float32, full scale ±1.0 → (frames, n_mels) float32, the frames it completes.

        Raises ValueError for channels, and for whole numbers, whose full scale nobody knows.
        """
        _check_mono(np.asarray(block))
        block = np.require(block, np.float32, ["C", "W"])
        rows = np.empty((self._framer.frames_after(len(block)), self.settings.n_mels), np.float32)
        gains, done = np.ones(len(rows), np.float32), 0
        for samples, frames in self._framer.process(block):
            end = done + frames
            self._mel_power.write(samples, gains[done:end], rows[done:end])
            done = end
        return rows

    def flush(self) -> Float32:
        """(0, n_mels): an incomplete frame is never padded. Ends the stream, as `reset`."""
        self.reset()
        return np.empty((0, self.settings.n_mels), np.float32)

    def reset(self) -> None:
        """Forget the samples of incomplete frames; the next one is the first of a new stream."""
        self._framer.reset()


def _check_mono(block: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    if block.ndim != 1 or block.dtype.kind != "f":
        raise ValueError(
            "LogMel takes mono float32 samples of shape (n,), full scale ±1.0, "
            f"got {block.dtype} {block.shape}"
        )
