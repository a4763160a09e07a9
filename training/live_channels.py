"""Musicnn without the filters that its training switched off.

Behind a rectifier that never opens, or a normalisation that stopped listening, weight decay takes a
kernel to nothing: 1e-27 is what is left of most of them. Such a filter gives one constant, whatever
it hears: its rectified bias, normalised. Leaving it out and adding the constant where it went is no
approximation beyond the rounding of 32-bit floats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.musicnn_weights import Affine, Convolution, MusicnnWeights

Float64 = NDArray[np.float64]

STILL = 1e-7
"""A channel that stays this close to its constant is taken for it."""

GREATEST_LOG_MEL = 8.0
"""log10(10000 x + 1) of mel power 10⁴; 6.3 was the greatest in 106 research clips."""

GREATEST_FEATURE = 1e4
"""Features after normalisation are of the order of 1 to 100."""


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """Which channels of a layer answer to what comes in, and what the others always give."""

    live: NDArray[np.int64]
    """Their numbers, rising."""
    constants: Float64
    """(channels,); 0 where live."""

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Say of each channel whether it is live."""
        return np.isin(np.arange(len(self.constants)), self.live)


@dataclass(frozen=True, slots=True, eq=False)
class LiveMusicnn:
    """What is to be computed, and what the still channels come to further on."""

    weights: MusicnnWeights
    """Without still channels: not in what the first and second middle layers take in, nor in what the
    first gives; those of the front are in the dense layer's bias."""
    front: Channels
    """Timbral, then temporal."""
    first: Channels
    """What the first middle layer gives."""
    still_kernels: tuple[Float64, Float64]
    """(7, filters) for the first and second middle layer: what each tap adds for all still channels."""


def live_musicnn(weights: MusicnnWeights) -> LiveMusicnn:
    """Find the still channels of the front and of the first middle layer, and leave them out."""
    greatest = _greatest_input(weights.input_norm)
    layers = (*weights.timbral, *weights.temporal)
    parts = [layer_channels(layer, greatest) for layer in layers]
    front, first = _joined(parts), layer_channels(weights.middle[0], GREATEST_FEATURE)
    kept = tuple(_filters(layer, part.live) for layer, part in zip(layers, parts, strict=True))
    middle = [_filters(weights.middle[0], first.live), *weights.middle[1:]]
    still_kernels = (_still_kernel(middle[0], front), _still_kernel(middle[1], first))
    middle[:2] = [_inputs(middle[0], front.live), _inputs(middle[1], first.live)]
    smaller = replace(
        _dense_of_live(weights, front),
        timbral=kept[: len(weights.timbral)],
        temporal=kept[len(weights.timbral) :],
        middle=tuple(middle),
    )
    return LiveMusicnn(smaller, front, first, still_kernels)


def layer_channels(layer: Convolution, greatest_input: float) -> Channels:
    """Bound how far each filter can come from its constant when no input exceeds `greatest_input`."""
    weight = np.abs(layer.kernel.astype(np.float64)).sum(axis=(0, 1, 2))
    still = np.abs(layer.norm.scale) * weight * greatest_input <= STILL
    constants = np.maximum(layer.bias.astype(np.float64), 0) * layer.norm.scale + layer.norm.offset
    return Channels(np.flatnonzero(~still), np.where(still, constants, 0))


def _greatest_input(norm: Affine) -> float:
    """Whatever a window holds, from silence up; the padding is 0, between the two."""
    ends = np.array([0, GREATEST_LOG_MEL]) * norm.scale + norm.offset
    return float(np.abs(ends).max())


def _joined(parts: list[Channels]) -> Channels:
    first = np.cumsum([0, *(len(part.constants) for part in parts[:-1])])
    live = [start + part.live for start, part in zip(first, parts, strict=True)]
    return Channels(np.concatenate(live), np.concatenate([part.constants for part in parts]))


def _filters(layer: Convolution, chosen: NDArray[np.int64]) -> Convolution:
    norm = Affine(layer.norm.scale[chosen], layer.norm.offset[chosen])
    return Convolution(layer.kernel[..., chosen], layer.bias[chosen], norm)


def _inputs(layer: Convolution, chosen: NDArray[np.int64]) -> Convolution:
    return replace(layer, kernel=layer.kernel[:, chosen])


def _still_kernel(layer: Convolution, inputs: Channels) -> Float64:
    return np.einsum("tcio,c->to", layer.kernel.astype(np.float64), inputs.constants)


def _dense_of_live(weights: MusicnnWeights, front: Channels) -> MusicnnWeights:
    """Take still features, whose maximum is their mean, from the dense layer's rows into its bias."""
    norm, kernel = weights.pool_norm, weights.dense_kernel
    still = np.repeat(np.append(~front.alive, np.zeros(len(norm.scale) // 2 - len(front.constants), bool)), 2)
    constants = np.repeat(front.constants[~front.alive], 2) * norm.scale[still] + norm.offset[still]
    bias = weights.dense_bias + constants @ kernel[still].astype(np.float64)
    return replace(
        weights,
        pool_norm=Affine(norm.scale[~still], norm.offset[~still]),
        dense_kernel=kernel[~still],
        dense_bias=bias.astype(np.float32),
    )
