"""Power mel rows and mean squares of overlapping frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamgenre.features.kernels.fft import FftTables, power_spectrum
from streamgenre.features.kernels.jit import kernel
from streamgenre.features.mel_filterbank import MelBands
from streamgenre.messages import Float32

Float64 = NDArray[np.float64]

_ONE = np.uint64(1)


@kernel
def power_mel_frames(  # tables, buffers and output are apart so that nothing is allocated
    samples: Float32,
    hop: int,
    tables: FftTables,
    bands: MelBands,
    work: Float64,
    power: Float64,
    rows: Float32,
) -> None:
    """Fill each of `rows`, (frames, n_mels), with the band powers of its frame of `samples`."""
    n_fft = np.uint64(2 * work.shape[2])
    for frame in range(np.uint64(rows.shape[0])):
        start = frame * np.uint64(hop)
        power_spectrum(samples[start : start + n_fft], tables, work, power)
        sum_bands(power, bands, rows[frame])


@kernel
def sum_bands(power: Float64, bands: MelBands, row: Float32) -> None:
    """Weigh the bins of each band and add them, from the lowest to the highest."""
    for band in range(np.uint64(row.shape[0])):
        first_bin, first = bands.first_bin[band], bands.first_weight[band]
        total = 0.0
        for i in range(bands.first_weight[band + _ONE] - first):
            total += bands.weights[first + i] * power[first_bin + i]
        row[band] = total


@kernel
def mean_squares(samples: Float32, n_fft: int, hop: int, means: Float64) -> None:
    """Fill `means`, (frames,), with the mean of the squared samples of each frame.

    Four sums a frame, always over the same samples: the result depends on the frame alone.
    """
    size = np.uint64(n_fft)
    for frame in range(np.uint64(means.shape[0])):
        start = frame * np.uint64(hop)
        means[frame] = sum_of_squares(samples[start : start + size]) / size


@kernel
def sum_of_squares(samples: Float32) -> float:
    """Sum in float64 of a multiple of four samples."""
    sums = (0.0, 0.0, 0.0, 0.0)
    s0, s1, s2, s3 = sums
    for i in range(np.uint64(0), np.uint64(samples.shape[0]), np.uint64(4)):
        a, b = np.float64(samples[i]), np.float64(samples[i + _ONE])
        c, d = np.float64(samples[i + np.uint64(2)]), np.float64(samples[i + np.uint64(3)])
        s0, s1, s2, s3 = s0 + a * a, s1 + b * b, s2 + c * c, s3 + d * d
    return (s0 + s1) + (s2 + s3)
