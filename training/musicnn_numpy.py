"""Musicnn in plain NumPy, in double precision: the oracle for golden vectors, independent of any runtime."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from training.musicnn_weights import Affine, Convolution, MusicnnWeights

Float64 = NDArray[np.float64]


def run_musicnn(weights: MusicnnWeights, window: NDArray[np.float32]) -> dict[str, Float64]:
    """Score one window.

    window: (187, 96) float32, log10(10000 x + 1) of mel power. Returns tags and logits (50,),
    penultimate (200,), mean_pool and max_pool (753,), float64.
    """
    normal = _normalise(window.astype(np.float64), weights.input_norm)
    timbral = [_over_frequency(normal, layer, (3, 3)) for layer in weights.timbral]
    temporal = [_over_frequency(normal, layer, _same_padding(layer)) for layer in weights.temporal]
    front = np.concatenate(timbral + temporal, axis=1)
    first = _middle(front, weights.middle[0])
    second = _middle(first, weights.middle[1]) + first
    third = _middle(second, weights.middle[2]) + second
    return _pooled_outputs(np.concatenate([front, first, second, third], axis=1), weights)


def _pooled_outputs(features: Float64, weights: MusicnnWeights) -> dict[str, Float64]:
    max_pool, mean_pool = features.max(axis=0), features.mean(axis=0)
    pooled = _normalise(np.stack([max_pool, mean_pool], axis=1).ravel(), weights.pool_norm)
    dense = np.maximum(pooled @ weights.dense_kernel.astype(np.float64) + weights.dense_bias, 0)
    penultimate = _normalise(dense, weights.dense_norm)
    logits = penultimate @ weights.tag_kernel.astype(np.float64) + weights.tag_bias
    return {
        "tags": 1 / (1 + np.exp(-logits)),
        "logits": logits,
        "penultimate": penultimate,
        "mean_pool": mean_pool,
        "max_pool": max_pool,
    }


def _normalise(values: Float64, affine: Affine) -> Float64:
    return values * affine.scale.astype(np.float64) + affine.offset.astype(np.float64)


def _same_padding(layer: Convolution) -> tuple[int, int]:
    total = layer.kernel.shape[0] - 1
    return total // 2, total - total // 2


def _over_frequency(frames: Float64, layer: Convolution, padding: tuple[int, int]) -> Float64:
    return np.stack([band.max(axis=0) for band in _convolve(frames, layer, padding)])


def _middle(features: Float64, layer: Convolution) -> Float64:
    return _convolve(features, layer, (3, 3))[:, 0]


def _convolve(plane: Float64, layer: Convolution, padding: tuple[int, int]) -> Float64:
    """(time, frequency) → (time, frequency', out), rectified and normalised."""
    height, width, _, filters = layer.kernel.shape
    patches = sliding_window_view(np.pad(plane, (padding, (0, 0))), (height, width))
    kernel = layer.kernel.reshape(height * width, filters).astype(np.float64)
    linear = patches.reshape(-1, height * width) @ kernel + layer.bias
    activated = _normalise(np.maximum(linear, 0), layer.norm)
    return activated.reshape(*patches.shape[:2], filters)
