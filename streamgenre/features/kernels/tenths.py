"""Sums over the samples of each tenth of a second, a channel at a time and across channels; in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamgenre.features.kernels.jit import any_order, kernel
from streamgenre.messages import Float32

Float64 = NDArray[np.float64]
Indices = NDArray[np.int64]


@kernel
def fill_tenths(values: Float32, channels: int, bounds: Indices, sums: Float64) -> None:
    """Fill `sums`, (tenths, 2 + 2 × channels) float64, from interleaved samples, (n × channels,) float32.

    A row is: the products of the first two channels, the squares of the sum of all, the sum of each
    channel, the squares of each. `bounds`, (tenths + 1,), are the samples where tenths begin and end.
    """
    for tenth in range(sums.shape[0]):
        first, end, row = bounds[tenth], bounds[tenth + 1], sums[tenth]
        if channels == 1:
            row[2], row[3] = mono_sums(values, first, end)
            row[0], row[1] = 0.0, row[3]
        elif channels == 2:
            row[2], row[3], row[4], row[5], row[0] = stereo_sums(values, first, end)
            row[1] = row[4] + row[5] + 2 * row[0]
        else:
            row[0] = product_of_two(values, channels, first, end)
            row[1] = mixed_squares(values, channels, first, end)
            for channel in range(channels):
                row[2 + channel], row[2 + channels + channel] = channel_sums(
                    values, channels, channel, first, end
                )


@any_order
def mono_sums(values: Float32, first: int, end: int) -> tuple[float, float]:
    total, squares = 0.0, 0.0
    for i in range(np.uint64(first), np.uint64(end)):
        x = np.float64(values[i])
        total += x
        squares += x * x
    return total, squares


@any_order
def stereo_sums(values: Float32, first: int, end: int) -> tuple[float, float, float, float, float]:
    left, right, left_squares, right_squares, products = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(np.uint64(first), np.uint64(end)):
        a, b = np.float64(values[np.uint64(2) * i]), np.float64(values[np.uint64(2) * i + np.uint64(1)])
        left += a
        right += b
        left_squares += a * a
        right_squares += b * b
        products += a * b
    return left, right, left_squares, right_squares, products


@any_order
def channel_sums(values: Float32, channels: int, channel: int, first: int, end: int) -> tuple[float, float]:
    step, total, squares = np.uint64(channels), 0.0, 0.0
    for i in range(np.uint64(first), np.uint64(end)):
        x = np.float64(values[i * step + np.uint64(channel)])
        total += x
        squares += x * x
    return total, squares


@any_order
def product_of_two(values: Float32, channels: int, first: int, end: int) -> float:
    step, products = np.uint64(channels), 0.0
    for i in range(np.uint64(first), np.uint64(end)):
        products += np.float64(values[i * step]) * np.float64(values[i * step + np.uint64(1)])
    return products


@any_order
def mixed_squares(values: Float32, channels: int, first: int, end: int) -> float:
    step, squares = np.uint64(channels), 0.0
    for i in range(np.uint64(first), np.uint64(end)):
        mixed = 0.0
        for channel in range(channels):
            mixed += np.float64(values[i * step + np.uint64(channel)])
        squares += mixed * mixed
    return squares
