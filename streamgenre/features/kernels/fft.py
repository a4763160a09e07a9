"""Power spectrum of one real frame: windowed, transformed at half size, unpacked.

Stockham autosort FFT, radix 4, decimation in frequency (Van Loan, Computational Frameworks for
the Fast Fourier Transform, 1992, §1.7), over the even samples as real and the odd ones as
imaginary parts (Sorensen et al., 1987). Real and imaginary parts lie in separate rows so that
every inner loop runs over consecutive numbers. The dtype of the tables is that of the arithmetic.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamgenre.features.kernels.jit import kernel
from streamgenre.messages import Float32

Real = NDArray[np.float64]

_ONE = np.uint64(1)
_TWO = np.uint64(2)
_THREE = np.uint64(3)
_FOUR = np.uint64(4)


class FftTables(NamedTuple):
    """Everything that depends only on the window of n_fft samples."""

    window: Real
    """(2, n_fft/2): the window at even and at odd samples."""
    twiddles: Real
    """(6, …) w, w² and w³ as real and imaginary rows, stage after stage."""
    unpack: Real
    """(2, n_fft/2 + 1) e^(-2πik/n_fft) as real and imaginary rows."""


def fft_tables(window: Real) -> FftTables:
    """Tables for frames of len(window) samples, a power of two from 64 up."""
    n_fft = len(window)
    stages = [_stage_twiddles(length) for length in _radix4_lengths(n_fft // 2)]
    turns = _roots(n_fft, n_fft // 2 + 1)
    return FftTables(
        np.ascontiguousarray(window.reshape(-1, 2).T),
        np.ascontiguousarray(np.concatenate(stages, axis=1)),
        np.stack((turns.real, turns.imag)),
    )


def fft_work(n_fft: int) -> Real:
    """Room for one transform: (2, 2, n_fft/2), two buffers of a real and an imaginary row."""
    return np.empty((2, 2, n_fft // 2))


def _radix4_lengths(size: int) -> list[int]:
    lengths: list[int] = []
    while size >= 4:
        lengths.append(size)
        size //= 4
    return lengths


def _roots(order: int, count: int) -> NDArray[np.complex128]:
    return np.exp(-2j * np.pi * np.arange(count) / order)


def _stage_twiddles(length: int) -> Real:
    turns = _roots(length, length // 4)
    return np.stack([part for w in (turns, turns**2, turns**3) for part in (w.real, w.imag)])


@kernel
def power_spectrum(samples: Float32, tables: FftTables, work: Real, power: Real) -> None:
    """Write |FFT(window × samples)|² into `power`, (n_fft/2 + 1,)."""
    source, target = work[0], work[1]
    half = np.uint64(source.shape[1])
    pack(samples, tables.window, source)
    length, stride, offset = half, _ONE, np.uint64(0)
    while length >= _FOUR:
        radix4_stage(source, target, tables.twiddles, offset, length, stride)
        source, target = target, source
        offset += length // _FOUR
        length //= _FOUR
        stride *= _FOUR
    if length == _TWO:
        radix2_stage(source, target, stride)
        source, target = target, source
    unpack_power(source, tables.unpack, power)


@kernel
def pack(samples: Float32, window: Real, target: Real) -> None:
    """Windowed even samples become the real row, odd ones the imaginary row."""
    for i in range(np.uint64(target.shape[1])):
        target[0, i] = samples[_TWO * i] * window[0, i]
        target[1, i] = samples[_TWO * i + _ONE] * window[1, i]


@kernel
def radix4_stage(  # six views and sizes of one stage; a tuple would hide them
    source: Real, target: Real, twiddles: Real, offset: np.uint64, length: np.uint64, stride: np.uint64
) -> None:
    """One pass over `stride` interleaved transforms of `length`: source → target."""
    quarter = length // _FOUR
    step = quarter * stride
    for p in range(quarter):
        t = offset + p
        w1r, w1i = twiddles[0, t], twiddles[1, t]
        w2r, w2i = twiddles[2, t], twiddles[3, t]
        w3r, w3i = twiddles[4, t], twiddles[5, t]
        for q in range(stride):
            i = q + stride * p
            ar, ai = source[0, i], source[1, i]
            br, bi = source[0, i + step], source[1, i + step]
            cr, ci = source[0, i + _TWO * step], source[1, i + _TWO * step]
            dr, di = source[0, i + _THREE * step], source[1, i + _THREE * step]
            sum_r, sum_i = ar + cr, ai + ci
            gap_r, gap_i = ar - cr, ai - ci
            pair_r, pair_i = br + dr, bi + di
            turn_r, turn_i = bi - di, dr - br
            o = q + stride * _FOUR * p
            target[0, o] = sum_r + pair_r
            target[1, o] = sum_i + pair_i
            xr, xi = gap_r + turn_r, gap_i + turn_i
            target[0, o + stride] = xr * w1r - xi * w1i
            target[1, o + stride] = xr * w1i + xi * w1r
            xr, xi = sum_r - pair_r, sum_i - pair_i
            target[0, o + _TWO * stride] = xr * w2r - xi * w2i
            target[1, o + _TWO * stride] = xr * w2i + xi * w2r
            xr, xi = gap_r - turn_r, gap_i - turn_i
            target[0, o + _THREE * stride] = xr * w3r - xi * w3i
            target[1, o + _THREE * stride] = xr * w3i + xi * w3r


@kernel
def radix2_stage(source: Real, target: Real, stride: np.uint64) -> None:
    """The last pass where the size is no power of four."""
    for q in range(stride):
        for row in range(_TWO):
            a, b = source[row, q], source[row, q + stride]
            target[row, q] = a + b
            target[row, q + stride] = a - b


@kernel
def unpack_power(packed: Real, unpack: Real, power: Real) -> None:
    """Power of the n_fft/2 + 1 bins of the real frame from its half-size transform.

    The parts are added before they are squared: adding powers would cancel on steep slopes.
    """
    half = np.uint64(packed.shape[1])
    power[0] = (packed[0, 0] + packed[1, 0]) ** 2
    power[half] = (packed[0, 0] - packed[1, 0]) ** 2
    for k in range(_ONE, half):
        m = half - k
        even_r, even_i = packed[0, k] + packed[0, m], packed[1, k] - packed[1, m]
        odd_r, odd_i = packed[1, k] + packed[1, m], packed[0, m] - packed[0, k]
        wr, wi = unpack[0, k], unpack[1, k]
        xr = even_r + odd_r * wr - odd_i * wi
        xi = even_i + odd_r * wi + odd_i * wr
        power[k] = (xr * xr + xi * xi) / 4
