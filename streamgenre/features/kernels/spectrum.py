"""Power spectra of overlapping frames, in float64 until they are stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamgenre.features.kernels.fft import fft_plan, plan_in_memory, power_spectrum, sharpening_gain
from streamgenre.features.kernels.jit import kernel
from streamgenre.features.kernels.lanes import ROW, Memory, memory
from streamgenre.messages import Float32

Float64 = NDArray[np.float64]


class PowerSpectra:
    """Tables and buffers for one n_fft, a power of two from 64 up, and hop. For one thread at a time."""

    def __init__(self, n_fft: int, hop_samples: int) -> None:
        window = np.sin(np.pi * np.arange(n_fft) / n_fft) ** 2
        self._plan = tuple(table.copy() for table in fft_plan(window, np.float64))
        self._levelled = 1 / sharpening_gain(n_fft)
        self._hop_samples = hop_samples

    def of(self, samples: Float32, first_frame: int, frames: int) -> Float32:
        """|X|² under a periodic Hann window, (frames, n_fft/2 + 1) float32, of contiguous `samples`."""
        rows = np.empty((frames, len(self._levelled)), np.float32)
        fill_power(
            samples, first_frame * self._hop_samples, self._hop_samples, self._plan, self._levelled, rows
        )
        return rows


@kernel
def fill_power(
    samples: Float32, first_sample: int, hop: int, fft: tuple[Memory, ...], levelled: Float64, rows: Float32
) -> None:
    """Fill `rows` from the frames that begin at `first_sample`; `fft` is an FftPlan as a plain tuple."""
    plan = plan_in_memory(fft)
    source, power = memory(samples), fft[7]
    size = fft[0].shape[0] // (2 * ROW)
    for frame in range(rows.shape[0]):
        power_spectrum(source, first_sample + frame * hop, size, plan)
        for i in range(rows.shape[1]):
            rows[frame, i] = power[i] * levelled[i]
