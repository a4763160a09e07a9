"""Handmade features of a stream: a frame is a whole window, computed only when it is asked for."""

from __future__ import annotations

import numpy as np

from streamgenre.features.handmade import Handmade
from streamgenre.features.recent import RecentRows
from streamgenre.messages import Float32
from streamgenre.settings import HandmadeSettings


class HandmadeFrames:
    """Keeps nothing of the stream: the audio that is kept is enough."""

    def __init__(self, settings: HandmadeSettings) -> None:
        self._settings = settings
        self._handmade = Handmade(settings)
        self._handmade.features(np.zeros(1, np.float32))  # compiling takes seconds: not amid a stream

    def process(self, audio: RecentRows) -> None:
        """Do nothing: most frames are never asked for."""

    def window(self, audio: RecentRows, first_frame: int) -> Float32:
        """Features of one frame, (1, columns) float32."""
        first = first_frame * self._settings.hop_samples
        return self.alone(audio.view(first, first + self._settings.window_samples))

    def alone(self, samples: Float32) -> Float32:
        """Features of a window off the grid, (1, columns) float32."""
        return self._handmade.features(samples)[None]

    def newest(self, _: float) -> Float32:
        """(0, columns): statistics are no spectrum to show."""
        return np.empty((0, self._settings.bands), np.float32)

    def reset(self) -> None:
        """Do nothing: there is nothing to forget."""
