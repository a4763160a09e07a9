"""The parameters of musicnn (Pons and Serra 2019), read from its checkpoint and named by role."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.tensor_bundle import TensorBundle

Float32 = NDArray[np.float32]

BATCH_NORM_EPSILON = 1e-3
TAG_COUNT = 50


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """A batch normalisation in inference: x · scale + offset, a channel each."""

    scale: Float32
    offset: Float32


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A convolution, its rectifier and the batch normalisation after it."""

    kernel: Float32
    """(time, frequency, in, out) as stored."""
    bias: Float32
    """(out,)"""
    norm: Affine


@dataclass(frozen=True, slots=True, eq=False)
class MusicnnWeights:
    """All parameters, in the order of the flow."""

    input_norm: Affine
    timbral: tuple[Convolution, ...]
    """Two shapes of 7 frames by 38 and 67 bands, then the maximum over frequency."""
    temporal: tuple[Convolution, ...]
    """128, 64 and 32 frames by one band, then the maximum over frequency."""
    middle: tuple[Convolution, ...]
    """Three of 7 frames; the second and third are added to what went into them."""
    pool_norm: Affine
    """Over maximum and mean of each feature, interleaved."""
    dense_kernel: Float32
    """(1506, 200)"""
    dense_bias: Float32
    dense_norm: Affine
    tag_kernel: Float32
    """(200, 50)"""
    tag_bias: Float32


def read_weights(bundle: TensorBundle) -> MusicnnWeights:
    """Name the checkpoint's tensors; TensorFlow numbered its layers in the order they were built."""
    convolutions = tuple(_convolution(bundle, number) for number in range(8))
    return MusicnnWeights(
        input_norm=_affine(bundle, 0),
        timbral=convolutions[:2],
        temporal=convolutions[2:5],
        middle=convolutions[5:],
        pool_norm=_affine(bundle, 9),
        dense_kernel=_float32(bundle, "dense/kernel"),
        dense_bias=_float32(bundle, "dense/bias"),
        dense_norm=_affine(bundle, 10),
        tag_kernel=_float32(bundle, "dense_1/kernel"),
        tag_bias=_float32(bundle, "dense_1/bias"),
    )


def _convolution(bundle: TensorBundle, number: int) -> Convolution:
    layer = _numbered("conv2d", number)
    kernel, bias = _float32(bundle, f"{layer}/kernel"), _float32(bundle, f"{layer}/bias")
    return Convolution(kernel, bias, _affine(bundle, number + 1))


def _affine(bundle: TensorBundle, number: int) -> Affine:
    layer = _numbered("batch_normalization", number)
    gamma, beta, mean, variance = (
        bundle.tensor(f"{layer}/{part}").astype(np.float64)
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
    return Affine(scale.astype(np.float32), (beta - mean * scale).astype(np.float32))


def _numbered(layer: str, number: int) -> str:
    return f"{layer}_{number}" if number else layer


def _float32(bundle: TensorBundle, name: str) -> Float32:
    return bundle.tensor(name).astype(np.float32)
