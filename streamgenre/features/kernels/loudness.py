"""How loud overlapping frames are, and the gain that follows them; all in float64."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamgenre.features.kernels.jit import any_order, kernel
from streamgenre.messages import Float32

Float64 = NDArray[np.float64]


class GainLaw(NamedTuple):
    """Powers, not decibels."""

    gate: float
    """Least mean square that counts."""
    memory: float
    """Share of the past that a frame leaves."""
    target: float
    least: float
    greatest: float


def mean_squares(samples: Float32, n_fft: int, hop: int, frames: int) -> Float64:
    """Mean square of each of the first `frames` frames of `samples`, (frames,) float64."""
    means = np.empty(frames)
    if frames:
        block = math.gcd(n_fft, hop)
        sums = np.empty(((frames - 1) * hop + n_fft) // block)
        fill_mean_squares(samples, block, (n_fft // block, hop // block), sums, means)
    return means


@kernel
def fill_mean_squares(
    samples: Float32, block: int, blocks: tuple[int, int], sums: Float64, means: Float64
) -> None:
    """Square and add each block of samples once, then add up the blocks of each frame."""
    frame_blocks, hop_blocks = blocks
    for i in range(sums.shape[0]):
        sums[i] = sum_of_squares(samples, i * block, (i + 1) * block)
    for frame in range(means.shape[0]):
        total = 0.0
        for i in range(frame * hop_blocks, frame * hop_blocks + frame_blocks):
            total += sums[i]
        means[frame] = total / (frame_blocks * block)


@any_order
def sum_of_squares(samples: Float32, first: int, end: int) -> float:
    total = 0.0
    for i in range(np.uint64(first), np.uint64(end)):
        x = np.float64(samples[i])
        total += x * x
    return total


@kernel
def fill_gains(means: Float64, law: tuple[float, ...], state: Float64, gains: Float32) -> None:
    """Fill `gains`, (frames,), by a GainLaw, and `state`: sum and weight of the power remembered."""
    gate, memory, target, least, greatest = law
    power, weight = state[0], state[1]
    for frame in range(means.shape[0]):
        if means[frame] >= gate:
            power, weight = memory * power + means[frame], memory * weight + 1
        gains[frame] = min(max(target * weight / power, least), greatest) if weight > 0 else 1.0
    state[0], state[1] = power, weight
