"""Many channels to one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamgenre.messages import Float32, SoundCondition
from streamgenre.settings import AlarmSettings


def to_mono(samples: Float32) -> Float32:
    """(n, channels) float32 → (n,) float32, the mean of the channels, added from the first to the last."""
    total = samples[:, 0].astype(np.float32)
    for channel in range(1, samples.shape[1]):
        total += samples[:, channel]
    return total / np.float32(samples.shape[1])


class DownMix:
    """The mean of the channels, but where they cancel each other the loudest of them.

    It is chosen at the end of each whole second, from that second, for the sound that follows: so it
    depends on the samples alone.
    """

    def __init__(self, settings: AlarmSettings) -> None:
        self._settings = settings
        self._channel: int | None = None

    def process(self, samples: Float32, end_sample: int, ended: Sequence[SoundCondition]) -> Float32:
        """(n, channels) float32 that end at the absolute index → (n,) float32.

        `ended` are the seconds that end within these samples.
        """
        mono = to_mono(samples)
        begin, first = 0, end_sample - len(samples)
        for condition in ended:
            self._put(mono, samples, begin, condition.end_sample - first)
            self._choose(condition)
            begin = condition.end_sample - first
        self._put(mono, samples, begin, len(samples))
        return mono

    def reset(self) -> None:
        """Begin with the mean, as when the channels are others."""
        self._channel = None

    def _put(self, mono: Float32, samples: Float32, begin: int, end: int) -> None:
        if self._channel is not None:
            mono[begin:end] = samples[begin:end, self._channel]

    def _choose(self, condition: SoundCondition) -> None:
        if self._settings.cancels(condition):
            if self._channel is None:
                self._channel = condition.loudest_channel
        elif self._settings.in_phase(condition):
            self._channel = None
