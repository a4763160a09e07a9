"""Log-spectrogram frames of a stream."""

from __future__ import annotations

import math

from streamgenre.features.framing import frames_in
from streamgenre.features.log_psd import LogPsd
from streamgenre.features.recent import RecentRows
from streamgenre.messages import Float32
from streamgenre.settings import FrontEndSettings, LogSpectrogramSettings

_DECIBELS_A_NEPER_OF_POWER = 10 / math.log(10)


class LogSpectrogramFrames:
    """Computes a frame once, when its last sample comes, and keeps what windows may still ask for."""

    def __init__(self, settings: FrontEndSettings, spectrogram: LogSpectrogramSettings) -> None:
        frames_per_second = spectrogram.sample_rate_hz / spectrogram.hop_samples
        self._spectrogram = spectrogram
        self._window_frames = settings.window_frames
        self._log_psd = LogPsd(spectrogram)
        self._rows = RecentRows(settings.window_frames + int(frames_per_second) + 1, (spectrogram.n_bins,))

    def process(self, audio: RecentRows) -> None:
        """Compute every frame that the stream, which `audio` keeps the end of, completes."""
        hop, known = self._spectrogram.hop_samples, self._rows.end
        missing = frames_in(audio.end, self._spectrogram.n_fft, hop) - known
        if missing:
            self._rows.append(self._log_psd.rows(audio.view(known * hop, audio.end), missing))

    def window(self, _: RecentRows, first_frame: int) -> Float32:
        """Rows from `first_frame` on, (window_frames, n_bins) float32."""
        return self._rows.between(first_frame, first_frame + self._window_frames)

    def alone(self, samples: Float32) -> Float32:
        """A window off the grid, of its samples."""
        return self._log_psd.rows(samples, self._window_frames)

    def newest(self, seconds: float) -> Float32:
        """(n, n_bins) float32 in decibels, as a display expects them."""
        frames = round(seconds * self._spectrogram.sample_rate_hz / self._spectrogram.hop_samples)
        return self._rows.newest(frames) * _DECIBELS_A_NEPER_OF_POWER

    def reset(self) -> None:
        """Forget every frame."""
        self._rows.reset()
