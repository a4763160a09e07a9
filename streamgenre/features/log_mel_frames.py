"""Log-mel frames of a stream, each under the one gain it was given."""

from __future__ import annotations

import numpy as np

from streamgenre.features.framing import frames_in
from streamgenre.features.kernels.loudness import mean_squares
from streamgenre.features.loudness import Loudness
from streamgenre.features.mel_power import MelPower
from streamgenre.features.recent import RecentRows
from streamgenre.messages import Float32
from streamgenre.settings import FrontEndSettings, LogMelSettings


class LogMelFrames:
    """Computes a frame once, when its last sample comes, and keeps what windows may still ask for."""

    def __init__(self, settings: FrontEndSettings, mel: LogMelSettings) -> None:
        frames_per_second = mel.sample_rate_hz / mel.hop_samples
        self._mel = mel
        self._window_frames = settings.window_frames
        self._mel_power = MelPower(mel)
        self._loudness = Loudness(settings.loudness, frames_per_second) if settings.loudness else None
        self._rows = RecentRows(settings.window_frames + int(frames_per_second) + 1, (mel.n_mels,))
        self._gains_known = 0

    def process(self, audio: RecentRows) -> None:
        """Compute every frame that the stream, which `audio` keeps the end of, completes."""
        known, end = self._gains_known, frames_in(audio.end, self._mel.n_fft, self._mel.hop_samples)
        if end == known:
            return
        gains = self._gains(self._from_frame(audio, known), end - known)
        self._gains_known = end
        if end >= self._window_frames:
            gains = self._with_waiting(gains, self._window_frames - known)
            self._rows.append(self._mel_power.rows(self._from_frame(audio, end - len(gains)), gains))

    def window(self, _: RecentRows, first_frame: int) -> Float32:
        """Rows from `first_frame` on, (window_frames, n_mels) float32."""
        return self._rows.between(first_frame, first_frame + self._window_frames)

    def alone(self, samples: Float32) -> Float32:
        """A window off the grid, of its samples: computed anew with the gain now in force."""
        gain = 1.0 if self._loudness is None else self._loudness.gain
        return self._mel_power.rows(samples, np.full(self._window_frames, gain, np.float32))

    def newest(self, seconds: float) -> Float32:
        """(n, n_mels) float32; none while the first window fills."""
        return self._rows.newest(round(seconds * self._mel.sample_rate_hz / self._mel.hop_samples))

    def reset(self) -> None:
        """Forget frames and level."""
        self._rows.reset()
        self._gains_known = 0
        if self._loudness is not None:
            self._loudness.reset()

    def _from_frame(self, audio: RecentRows, frame: int) -> Float32:
        return audio.view(frame * self._mel.hop_samples, audio.end)

    def _gains(self, samples: Float32, frames: int) -> Float32:
        if self._loudness is None:
            return np.ones(frames, np.float32)
        return self._loudness.process(mean_squares(samples, self._mel.n_fft, self._mel.hop_samples, frames))

    def _with_waiting(self, gains: Float32, missing: int) -> Float32:
        """The frames of the first window wait for its last one, and share the gain known then."""
        if missing <= 0:
            return gains
        shared = np.full(self._window_frames, gains[missing - 1], np.float32)
        return np.concatenate((shared, gains[missing:]))
