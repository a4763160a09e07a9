"""Model windows over a stream of frames that are computed once each."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from streamgenre.features.framing import frames_in
from streamgenre.features.handmade_frames import HandmadeFrames
from streamgenre.features.log_mel_frames import LogMelFrames
from streamgenre.features.log_spectrogram_frames import LogSpectrogramFrames
from streamgenre.features.recent import RecentRows
from streamgenre.messages import Float32
from streamgenre.settings import FrontEndSettings, HandmadeSettings, LogMelSettings


class Frames(Protocol):
    """One kind of frame: what it is made of, and what of it is kept."""

    def process(self, audio: RecentRows, /) -> None:
        """Take note of every frame that the stream, which `audio` keeps the end of, completes."""
        ...

    def window(self, audio: RecentRows, first_frame: int, /) -> Float32:
        """Give the window that begins with `first_frame`, (window_frames, bands) float32, the caller's."""
        ...

    def alone(self, samples: Float32, /) -> Float32:
        """Give the window of just these samples, (window_frames, bands) float32."""
        ...

    def newest(self, seconds: float, /) -> Float32:
        """Give the newest rows for a display, (n, bands) float32 in a unit that grows with loudness."""
        ...

    def reset(self) -> None:
        """Forget the sound."""
        ...


class RollingWindows:
    """Mono sound at the model's rate in, windows out; sample indices count from the last reset."""

    def __init__(self, settings: FrontEndSettings) -> None:
        self.settings = settings
        self._frames = _frames_of(settings)
        self._audio = RecentRows(settings.window_samples + _kept_behind(settings))

    @property
    def latency_samples(self) -> int:
        """Samples from the start of a frame until it is computed."""
        return self.settings.frames.frame_samples

    @property
    def samples_seen(self) -> int:
        """Samples since the reset."""
        return self._audio.end

    def process(self, mono: Float32) -> None:
        """Take (n,) float32, full scale ±1.0, and compute every frame it completes."""
        self._audio.append(mono)
        self._frames.process(self._audio)

    def ready(self, end_sample: int) -> bool:
        """Whether every frame that ends at or before `end_sample` is complete."""
        return self._frames_in(end_sample) <= self._frames_in(self.samples_seen)

    def window_at(self, end_sample: int) -> tuple[Float32, int, int] | None:
        """Features (window_frames, bands) float32 and the first and end sample of what they cover.

        The last frames that end at or before `end_sample`, which may lie one second behind
        `samples_seen`, or anywhere in the last block. None when there are too few of them.
        """
        if not self.ready(end_sample):
            raise ValueError(f"sample {end_sample} is asked for, {self.samples_seen} have been processed")
        first_frame = self._frames_in(end_sample) - self.settings.window_frames
        if first_frame < 0:
            return None
        first_sample = first_frame * self.settings.frames.hop_samples
        features = self._frames.window(self._audio, first_frame)
        return features, first_sample, first_sample + self.settings.window_samples

    def last_window(self) -> tuple[Float32, int, int, bool] | None:
        """As `window_at`, right-aligned to the last sample, and whether it is short; None below 1.0 s.

        Off the grid of frames, so computed anew. Less audio than a window is repeated from its start
        until it fills one.
        """
        end = self.samples_seen
        if end < self.settings.frames.sample_rate_hz:
            return None
        size = self.settings.window_samples
        first = max(0, end - size)
        audio = np.resize(self._audio.view(first, end), size)
        return self._frames.alone(audio), first, end, end < size

    def last_rows(self, seconds: float) -> Float32:
        """Return the newest frames, (n, bands) float32, for a display; none of handmade features."""
        return self._frames.newest(seconds)

    def reset(self) -> None:
        """Forget sound and level: at the start, and after a gap."""
        self._frames.reset()
        self._audio.reset()

    def _frames_in(self, samples: int) -> int:
        return frames_in(samples, self.settings.frames.frame_samples, self.settings.frames.hop_samples)


def _frames_of(settings: FrontEndSettings) -> Frames:
    if isinstance(settings.frames, LogMelSettings):
        return LogMelFrames(settings, settings.frames)
    if isinstance(settings.frames, HandmadeSettings):
        return HandmadeFrames(settings.frames)
    return LogSpectrogramFrames(settings, settings.frames)


def _kept_behind(settings: FrontEndSettings) -> int:
    """Samples kept for windows that are asked for late: where frames are kept, those are enough."""
    return settings.frames.sample_rate_hz if isinstance(settings.frames, HandmadeSettings) else 0
