"""Whole frames to rows of compressed mel band power."""

from __future__ import annotations

import functools
import threading

import numpy as np

from streamgenre.features.kernels.compress import LAWS
from streamgenre.features.kernels.fft import FftPlan, fft_plan, sharpening_gain
from streamgenre.features.kernels.lanes import Memory
from streamgenre.features.kernels.mel import Int64, log_mel_frames
from streamgenre.features.mel_filterbank import MelBands, mel_bands
from streamgenre.features.side_by_side import side_by_side
from streamgenre.messages import Float32
from streamgenre.settings import LogMelSettings

Plan = tuple[Memory, ...]

TRUST = 2e-5
"""Power of a band, as a share of the mean bin's, from which float32 keeps within 0.001 dB.

Seen over music, noise and lone lines for n_fft from 64 to 8192: no band above it was further off.
"""


_exact_kernel_loaded = threading.Event()
"""Set after the first frames: compiling it takes seconds, which must not fall amid a stream."""


class MelPower:
    """Tables and buffers of one front end; holds nothing of the sound. For one thread at a time.

    Frames are transformed in float32; those that this leaves doubtful, because a band is so much weaker
    than the whole that the rounding would show, once more in float64.
    """

    def __init__(self, settings: LogMelSettings) -> None:
        self.settings = settings
        self._law = LAWS[settings.compression]
        plan, bands = _tables(settings, np.float32)
        weights, sureness, room = side_by_side(bands.weights, bands.sureness, bands.room)
        self._bands = (bands.first_bin, bands.steps, weights, sureness, room)
        self._plan = side_by_side(*plan)
        self._frames = self._doubtful = np.empty(0, np.int64)

    def rows(self, samples: Float32, gains: Float32) -> Float32:
        """A row for each of `gains`, (frames,) float32 factors of power above 0 → (frames, n_mels) float32.

        Compressed. `samples` are contiguous float32 from the first frame on. db: −100 dB and up;
        log10_10k and power: 0 and up. NaN or infinite samples make NaN.
        """
        rows = np.empty((len(gains), self.settings.n_mels), np.float32)
        self.write(samples, gains, rows)
        return rows

    def write(self, samples: Float32, gains: Float32, rows: Float32) -> None:
        """As `rows`, into contiguous `rows`."""
        count = len(rows)
        if count > len(self._frames):
            self._frames, self._doubtful = np.arange(count), np.empty(count, np.int64)
        sound = samples, gains
        doubts = self._fill(sound, self._frames[:count], self._plan, TRUST, rows)
        if doubts or not _exact_kernel_loaded.is_set():
            self._fill(sound, self._doubtful[:doubts], self._exact_plan, 0.0, rows)
            _exact_kernel_loaded.set()

    def _fill(
        self, sound: tuple[Float32, Float32], frames: Int64, plan: Plan, trust: float, rows: Float32
    ) -> int:
        samples, gains = sound
        return log_mel_frames(
            samples,
            self.settings.hop_samples,
            frames,
            plan,
            self._bands,
            gains,
            self._law,
            trust,
            rows,
            self._doubtful,
        )

    @functools.cached_property
    def _exact_plan(self) -> Plan:
        plan, _ = _tables(self.settings, np.float64)
        return tuple(table.copy() for table in plan)


@functools.lru_cache(maxsize=16)
def _tables(settings: LogMelSettings, precision: type[np.floating]) -> tuple[FftPlan, MelBands]:
    """Not to be written to: every front end with these settings copies them."""
    window = np.sin(np.pi * np.arange(settings.n_fft) / settings.n_fft) ** 2
    bands = mel_bands(settings, sharpening_gain(settings.n_fft))
    return fft_plan(window, precision, bands.bins), bands
