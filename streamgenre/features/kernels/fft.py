"""Power spectrum of a real frame with its highs raised, eight lanes wide, in float32 or float64.

Most sound falls towards high frequencies, and float32 leaves an error some 170 dB below the sum of all
bins in each of them. So the windowed frame y is sharpened to y[n] − a y[n + 1] before it is transformed,
which multiplies its spectrum by a known factor; the mel weights are divided by that.

Sample 8i + j of the frame lies in lane j, so the frame is eight real signals side by side. They go
through one real FFT together, lane by lane, without a shuffle: two vectors of samples are taken as
real and imaginary parts (Sorensen et al., Real-valued Fast Fourier Transform Algorithms, 1987), one
complex Stockham autosort FFT is run (Van Loan, Computational Frameworks for the Fast Fourier
Transform, 1992, §1.7), and the eight spectra are split off. A last radix 8 merges the lanes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamgenre.features.kernels.jit import part
from streamgenre.features.kernels.lanes import (
    LANES,
    ROW,
    ComplexEight,
    ComplexLanes,
    Lanes,
    Memory,
    backwards,
    conjugate,
    eighth_turned,
    load,
    load_as,
    load_row,
    memory,
    one_on,
    scaled,
    spread_pair,
    squared,
    store,
    store_row,
    store_single,
    sum_all,
    sum_each,
    to_complex,
    transposed,
    turned,
    zeros,
)

Float64 = NDArray[np.float64]
Complex128 = NDArray[np.complex128]
Four = tuple[ComplexLanes, ComplexLanes, ComplexLanes, ComplexLanes]


LEFT = 1 / 16
"""1 − a: what sharpening leaves of a steady value. A power of two, so that it multiplies exactly."""


class FftPlan(NamedTuple):
    """What depends only on the window of n_fft samples, and room for one transform.

    The numbers have the precision of the transform; `power` is float32.
    """

    window: Memory
    """For each eight samples, eight a window ahead by one, then eight of its falls; see `sharpened`."""
    turns: Memory
    """w, w², … of each stage as pairs of real and imaginary part, stage after stage."""
    split: Memory
    """(n_fft/8 + 2,) −i e^(-2πik/(n_fft/8)) as pairs."""
    merge: Memory
    """e^(-2πikj/n_fft) in rows of eight k, for each row j = 1 to 7."""
    middle: Memory
    """(64,) e^(-2πij(2k + 1)/16) over lanes j: real, then imaginary parts, for k = 0 to 3."""
    here: Memory
    there: Memory
    power: Memory
    """(n_fft/2 + 1 or more,) the result, then zeros."""


def fft_plan(window: Float64, precision: type[np.floating] = np.float32, least_bins: int = 0) -> FftPlan:
    """For frames of len(window) samples, a power of two from 64 up, and a result of `least_bins` or more.

    `window` starts with zero and is periodic. Computed in float64.
    """
    n_fft = len(window)
    size = n_fft // ROW
    rows = np.arange(max(size, LANES)).reshape(-1, 1, LANES)
    middle = _roots(16, np.arange(LANES) * (2 * np.arange(4)[:, None] + 1))
    room = np.zeros(ROW * max(size + 1, LANES))
    tables = (
        _sharpening(window),
        _pairs(np.concatenate([_stage_turns(*stage) for stage in _stages(size)])),
        _pairs(-1j * _roots(2 * size, np.arange(size // 2 + 1))),
        _rows(_roots(n_fft, rows * np.arange(1, 8)[:, None])),
        _rows(middle),
        room,
        room,
    )
    power = np.zeros(max(n_fft // 2 + 1, least_bins), np.float32)
    return FftPlan(*(table.astype(precision) for table in tables), power=power)


def sharpening_gain(n_fft: int) -> Float64:
    """(n_fft/2 + 1,) by how much sharpening multiplies the power of each bin."""
    turns = np.exp(2j * np.pi * np.arange(n_fft // 2 + 1) / n_fft)
    return np.abs(1 - (1 - LEFT) * turns) ** 2


def _sharpening(window: Float64) -> Float64:
    """Half the window: splitting spectra adds them up."""
    half, ahead = window / 2, np.roll(window, -1) / 2
    return np.stack((ahead.reshape(-1, LANES), (half - ahead).reshape(-1, LANES)), 1).ravel()


def _stages(size: int) -> list[tuple[int, int]]:
    """Length and radix of each stage: 8 first where a power of four times two is left, else fours."""
    odd = size.bit_length() % 2 == 0
    stages = [(size, 8 if odd else 4)]
    while (rest := stages[-1][0] // stages[-1][1]) > 1:
        stages.append((rest, 4))
    return stages


def _stage_turns(length: int, radix: int) -> Complex128:
    return _roots(length, np.arange(length // radix)[:, None] * np.arange(1, radix)).ravel()


def _roots(order: int, powers: NDArray[np.integer]) -> Complex128:
    return np.exp(-2j * np.pi * powers / order)


def _pairs(numbers: Complex128) -> Float64:
    return np.stack((numbers.real, numbers.imag), -1).ravel()


def _rows(numbers: Complex128) -> Float64:
    return np.stack((numbers.real, numbers.imag), -2).ravel()


@part
def power_spectrum(samples: Memory, start: int, size: int, fft: FftPlan) -> float:
    """Write the power of 16 × size samples from `start` on, windowed and sharpened, into the plan's `power`.

    Returns about the mean of all bins.
    """
    here, there = fft.here, fft.there
    if size & 0x55555555:
        length, used = stage_of_windowed_4(samples, start, size, fft, here)
    else:
        length, used = stage_of_windowed_8(samples, start, size, fft, here)
    while length > 4:
        used = stage_of_4(here, there, fft.turns, used, length, size // length)
        length //= 4
        here, there = there, here
    if length == 4:
        stage_of_4(here, here, fft.turns, used, length, size // length)
    split_spectra(here, fft.split, size)
    total = merge_lanes(here, fft.merge, size, fft.power)
    merge_middle(here, fft.middle, size, there, fft.power)
    return total / (LANES * size)


@part
def plan_in_memory(fft: tuple[Memory, ...]) -> FftPlan:
    return FftPlan(
        memory(fft[0]),
        memory(fft[1]),
        memory(fft[2]),
        memory(fft[3]),
        memory(fft[4]),
        memory(fft[5]),
        memory(fft[6]),
        memory(fft[7]),
    )


@part
def stage_of_windowed_8(
    samples: Memory, start: int, size: int, fft: FftPlan, target: Memory
) -> tuple[int, int]:
    """The first pass, radix 8, while the samples are windowed: the length left and the turns used."""
    length = size // 8
    for p in range(length):
        a = butterfly_8(
            (
                windowed(samples, start, fft.window, p),
                windowed(samples, start, fft.window, p + length),
                windowed(samples, start, fft.window, p + 2 * length),
                windowed(samples, start, fft.window, p + 3 * length),
                windowed(samples, start, fft.window, p + 4 * length),
                windowed(samples, start, fft.window, p + 5 * length),
                windowed(samples, start, fft.window, p + 6 * length),
                windowed_at_end(samples, start, fft.window, p + 7 * length, size),
            )
        )
        t = 7 * p
        store_row(target, 8 * p, a[0])
        store_row(target, 8 * p + 1, a[1] * spread_pair(fft.turns, t))
        store_row(target, 8 * p + 2, a[2] * spread_pair(fft.turns, t + 1))
        store_row(target, 8 * p + 3, a[3] * spread_pair(fft.turns, t + 2))
        store_row(target, 8 * p + 4, a[4] * spread_pair(fft.turns, t + 3))
        store_row(target, 8 * p + 5, a[5] * spread_pair(fft.turns, t + 4))
        store_row(target, 8 * p + 6, a[6] * spread_pair(fft.turns, t + 5))
        store_row(target, 8 * p + 7, a[7] * spread_pair(fft.turns, t + 6))
    return length, 7 * length


@part
def stage_of_windowed_4(
    samples: Memory, start: int, size: int, fft: FftPlan, target: Memory
) -> tuple[int, int]:
    """The first pass, radix 4."""
    length = size // 4
    for p in range(length):
        a = butterfly_4(
            windowed(samples, start, fft.window, p),
            windowed(samples, start, fft.window, p + length),
            windowed(samples, start, fft.window, p + 2 * length),
            windowed_at_end(samples, start, fft.window, p + 3 * length, size),
        )
        t = 3 * p
        store_row(target, 4 * p, a[0])
        store_row(target, 4 * p + 1, a[1] * spread_pair(fft.turns, t))
        store_row(target, 4 * p + 2, a[2] * spread_pair(fft.turns, t + 1))
        store_row(target, 4 * p + 3, a[3] * spread_pair(fft.turns, t + 2))
    return length, 3 * length


@part
def stage_of_4(source: Memory, target: Memory, turns: Memory, used: int, length: int, stride: int) -> int:
    """One pass over `stride` interleaved transforms of `length`, radix 4: the turns used up to here."""
    quarter = length // 4
    step = quarter * stride
    for p in range(quarter):
        w1, w2, w3 = spread_pair(turns, used), spread_pair(turns, used + 1), spread_pair(turns, used + 2)
        used += 3
        for i in range(stride * p, stride * (p + 1)):
            a = butterfly_4(
                load_row(source, i),
                load_row(source, i + step),
                load_row(source, i + 2 * step),
                load_row(source, i + 3 * step),
            )
            o = i + 3 * stride * p
            store_row(target, o, a[0])
            store_row(target, o + stride, a[1] * w1)
            store_row(target, o + 2 * stride, a[2] * w2)
            store_row(target, o + 3 * stride, a[3] * w3)
    return used


@part
def windowed(samples: Memory, start: int, window: Memory, row: int) -> ComplexLanes:
    at = start + ROW * row
    real = sharpened(load_as(window, samples, at), load_as(window, samples, at + 1), window, 2 * row)
    at += LANES
    imag = sharpened(load_as(window, samples, at), load_as(window, samples, at + 1), window, 2 * row + 1)
    return to_complex(real, imag)


@part
def windowed_at_end(samples: Memory, start: int, window: Memory, row: int, size: int) -> ComplexLanes:
    """As `windowed`, in the last part of a frame: the sample after the frame is not touched."""
    at = start + ROW * row
    real = sharpened(load_as(window, samples, at), load_as(window, samples, at + 1), window, 2 * row)
    last = load_as(window, samples, at + LANES)
    after = load_as(window, samples, at + LANES + 1) if row < size - 1 else one_on(last)
    return to_complex(real, sharpened(last, after, window, 2 * row + 1))


@part
def sharpened(samples: Lanes, after: Lanes, window: Memory, row: int) -> Lanes:
    """w[n] x[n] − a w[n + 1] x[n + 1] as w[n + 1] (x[n] − a x[n + 1]) + (w[n] − w[n + 1]) x[n].

    Neither product is rounded by more than its own share of the small result.
    """
    change = (samples - after) + scaled(after, LEFT)
    return change * load(window, ROW * row) + samples * load(window, ROW * row + LANES)


@part
def butterfly_4(a: ComplexLanes, b: ComplexLanes, c: ComplexLanes, d: ComplexLanes) -> Four:
    """Fourier transform of four."""
    even, odd = a + c, b + d
    gap, turned_gap = a - c, turned(b - d)
    return even + odd, gap + turned_gap, even - odd, gap - turned_gap


@part
def butterfly_8(a: ComplexEight) -> ComplexEight:
    """Fourier transform of eight."""
    even = butterfly_4(a[0] + a[4], a[1] + a[5], a[2] + a[6], a[3] + a[7])
    one, three = eighth_turned(a[1] - a[5]), turned(eighth_turned(a[3] - a[7]))
    odd = butterfly_4(a[0] - a[4], one, turned(a[2] - a[6]), three)
    return even[0], odd[0], even[1], odd[1], even[2], odd[2], even[3], odd[3]


@part
def split_spectra(rows: Memory, split: Memory, size: int) -> None:
    """From the complex transform of each lane, size rows, to its real one, size + 1 rows.

    Parts are added before any is squared: adding powers would cancel on steep slopes.
    """
    split_pair(load_row(rows, 0), load_row(rows, 0), rows, split, 0, size)
    for k in range(1, size // 2 + 1):
        split_pair(load_row(rows, k), load_row(rows, size - k), rows, split, k, size)
    for k in range(size + 1, LANES):
        store_row(rows, k, conjugate(load_row(rows, 2 * size - k)))


@part
def split_pair(
    one: ComplexLanes, other: ComplexLanes, rows: Memory, split: Memory, k: int, size: int
) -> None:
    mirrored = conjugate(other)
    even, odd = one + mirrored, (one - mirrored) * spread_pair(split, k)
    store_row(rows, size - k, conjugate(even - odd))
    store_row(rows, k, even + odd)


@part
def merge_lanes(source: Memory, merge: Memory, size: int, power: Memory) -> float:
    """From the spectra of the lanes to the power of the frame's, and its sum: lane j is delayed by j samples.

    Of each eight bins the upper four are those above half the rate, mirrored.
    """
    sums = zeros(merge)
    for k in range(0, size, LANES):
        a = transposed(eight_rows(source, k))
        t = 7 * (k // LANES)
        a = butterfly_8(
            (
                a[0],
                a[1] * load_row(merge, t),
                a[2] * load_row(merge, t + 1),
                a[3] * load_row(merge, t + 2),
                a[4] * load_row(merge, t + 3),
                a[5] * load_row(merge, t + 4),
                a[6] * load_row(merge, t + 5),
                a[7] * load_row(merge, t + 6),
            )
        )
        sums = sums + store_powers(a, k, size, power)
    return sum_all(sums)


@part
def store_powers(bins: ComplexEight, k: int, size: int, power: Memory) -> Lanes:
    period, last = 2 * size, LANES - 1 + k
    a, b, c, d = squared(bins[0]), squared(bins[1]), squared(bins[2]), squared(bins[3])
    store_single(power, k, a)
    store_single(power, period + k, b)
    store_single(power, 2 * period + k, c)
    store_single(power, 3 * period + k, d)
    sums = (a + b) + (c + d)
    a, b, c, d = squared(bins[4]), squared(bins[5]), squared(bins[6]), squared(bins[7])
    store_single(power, 4 * period - last, backwards(a))
    store_single(power, 3 * period - last, backwards(b))
    store_single(power, 2 * period - last, backwards(c))
    store_single(power, period - last, backwards(d))
    return sums + ((a + b) + (c + d))


@part
def eight_rows(memory: Memory, first: int) -> ComplexEight:
    return (
        load_row(memory, first),
        load_row(memory, first + 1),
        load_row(memory, first + 2),
        load_row(memory, first + 3),
        load_row(memory, first + 4),
        load_row(memory, first + 5),
        load_row(memory, first + 6),
        load_row(memory, first + 7),
    )


@part
def merge_middle(source: Memory, middle: Memory, size: int, room: Memory, power: Memory) -> None:
    """The four bins of the spectra's last row, which is real."""
    row = load(source, ROW * size)
    parts = sum_each(
        (
            row * load(middle, 0),
            row * load(middle, 8),
            row * load(middle, 16),
            row * load(middle, 24),
            row * load(middle, 32),
            row * load(middle, 40),
            row * load(middle, 48),
            row * load(middle, 56),
        )
    )
    store(room, 0, parts * parts)
    for k in range(4):
        power[(2 * k + 1) * size] = room[2 * k] + room[2 * k + 1]
