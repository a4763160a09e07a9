"""Streaming log spectrogram."""

from __future__ import annotations

import numpy as np

from streamgenre.features.framing import Framer
from streamgenre.features.log_psd import LogPsd
from streamgenre.messages import Float32
from streamgenre.settings import LogSpectrogramSettings


class LogSpectrogram:
    """Sound in blocks of any length to rows of log density, bit for bit the same for every chunking.

    Frame i covers the samples [i × hop, i × hop + n_fft); what a row is, and how near to SciPy's, is said
    at `LogPsd.rows`.
    """

    def __init__(self, settings: LogSpectrogramSettings) -> None:
        self.settings = settings
        self._framer = Framer(settings.n_fft, settings.hop_samples)
        self._log_psd = LogPsd(settings)

    @property
    def latency_samples(self) -> int:
        """Samples from the start of a frame until it is given."""
        return self.settings.n_fft

    def process(self, block: Float32) -> Float32:
        """Mono (n,) float32, full scale ±1.0 → (frames, n_bins) float32, the frames it completes."""
        block = np.require(block, np.float32, ["C"])
        rows = [self._log_psd.rows(samples, frames) for samples, frames in self._framer.process(block)]
        return np.concatenate(rows)

    def flush(self) -> Float32:
        """(0, n_bins): an incomplete frame is never padded. Ends the stream, as `reset`."""
        self.reset()
        return np.empty((0, self.settings.n_bins), np.float32)

    def reset(self) -> None:
        """Forget the samples of incomplete frames; the next one is the first of a new stream."""
        self._framer.reset()
