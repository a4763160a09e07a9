"""Model windows over a stream of frames that are computed once each."""

from __future__ import annotations

import numpy as np

from streamgenre.features.framing import frames_in
from streamgenre.features.kernels.loudness import mean_squares
from streamgenre.features.loudness import Loudness
from streamgenre.features.mel_power import MelPower
from streamgenre.features.recent import RecentRows
from streamgenre.messages import Float32
from streamgenre.settings import FrontEndSettings


class RollingWindows:
    """Mono sound at the model's rate in, windows out; sample indices count from the last reset."""

    def __init__(self, settings: FrontEndSettings) -> None:
        mel = settings.log_mel
        frames_per_second = mel.sample_rate_hz / mel.hop_samples
        self.settings = settings
        self._mel_power = MelPower(mel)
        self._loudness = Loudness(settings.loudness, frames_per_second) if settings.loudness else None
        self._frames = RecentRows(settings.window_frames + int(frames_per_second) + 1, (mel.n_mels,))
        self._audio = RecentRows(settings.window_samples)
        self._gains_known = 0

    @property
    def latency_samples(self) -> int:
        """Samples from the start of a frame until it is computed."""
        return self.settings.log_mel.n_fft

    @property
    def samples_seen(self) -> int:
        """Samples since the reset."""
        return self._audio.end

    def process(self, mono: Float32) -> None:
        """Take (n,) float32, full scale ±1.0, and compute every frame it completes."""
        self._audio.append(mono)
        known, end = self._gains_known, self._frames_in(self.samples_seen)
        if end == known:
            return
        gains = self._gains(self._from_frame(known), end - known)
        self._gains_known = end
        if end >= self.settings.window_frames:
            gains = self._with_waiting(gains, self.settings.window_frames - known)
            self._frames.append(self._mel_power.rows(self._from_frame(end - len(gains)), gains))

    def ready(self, end_sample: int) -> bool:
        """Whether every frame that ends at or before `end_sample` is computed."""
        return self._frames_in(end_sample) <= self._frames_in(self.samples_seen)

    def window_at(self, end_sample: int) -> tuple[Float32, int, int] | None:
        """Features (window_frames, n_mels) float32 and the first and end sample of what they cover.

        The last frames that end at or before `end_sample`, which may lie one second behind
        `samples_seen`, or anywhere in the last block. None when there are too few of them.
        """
        if not self.ready(end_sample):
            raise ValueError(f"sample {end_sample} is asked for, {self.samples_seen} have been processed")
        end_frame = self._frames_in(end_sample)
        first_frame = end_frame - self.settings.window_frames
        if first_frame < 0:
            return None
        first_sample = first_frame * self.settings.log_mel.hop_samples
        features = self._frames.between(first_frame, end_frame)
        return features, first_sample, first_sample + self.settings.window_samples

    def last_window(self) -> tuple[Float32, int, int, bool] | None:
        """As `window_at`, right-aligned to the last sample, and whether it is short; None below 1.0 s.

        Off the grid of frames, so computed anew with the gain now in force. Less audio than a
        window is repeated from its start until it fills one.
        """
        end = self.samples_seen
        if end < self.settings.log_mel.sample_rate_hz:
            return None
        size = self.settings.window_samples
        first = max(0, end - size)
        audio = np.resize(self._audio.between(first, end), size)
        gains = np.full(self.settings.window_frames, self._gain_in_force(), np.float32)
        return self._mel_power.rows(audio, gains), first, end, end < size

    def last_rows(self, seconds: float) -> Float32:
        """Return the newest frames, (n, n_mels) float32; none while the first window fills."""
        mel = self.settings.log_mel
        count = min(round(seconds * mel.sample_rate_hz / mel.hop_samples), self._frames.end)
        return self._frames.between(self._frames.end - count, self._frames.end)

    def reset(self) -> None:
        """Forget sound and level: at the start, and after a gap."""
        self._frames.reset()
        self._audio.reset()
        self._gains_known = 0
        if self._loudness is not None:
            self._loudness.reset()

    def _frames_in(self, samples: int) -> int:
        mel = self.settings.log_mel
        return frames_in(samples, mel.n_fft, mel.hop_samples)

    def _from_frame(self, frame: int) -> Float32:
        return self._audio.view(frame * self.settings.log_mel.hop_samples, self.samples_seen)

    def _gains(self, samples: Float32, frames: int) -> Float32:
        if self._loudness is None:
            return np.ones(frames, np.float32)
        mel = self.settings.log_mel
        return self._loudness.process(mean_squares(samples, mel.n_fft, mel.hop_samples, frames))

    def _with_waiting(self, gains: Float32, missing: int) -> Float32:
        """The frames of the first window wait for its last one, and share the gain known then."""
        if missing <= 0:
            return gains
        shared = np.full(self.settings.window_frames, gains[missing - 1], np.float32)
        return np.concatenate((shared, gains[missing:]))

    def _gain_in_force(self) -> float:
        return 1.0 if self._loudness is None else self._loudness.gain
