"""Integer and floating-point samples as float32, alike whatever container carried them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from streamgenre.messages import Float32

PcmFormat = Literal["s16le", "s24le", "s32le", "f32le"]

PCM_BYTES: dict[PcmFormat, int] = {"s16le": 2, "s24le": 3, "s32le": 4, "f32le": 4}

_FULL_SCALE = {"i2": 2.0**-15, "i4": 2.0**-31, "i8": 2.0**-63}


def to_float32(samples: NDArray[Any]) -> Float32:
    """Scale samples of any width to float32.

    `samples`: any shape, uint8 (offset 128), int16, int32, int64, float32 or float64. Returns the
    same shape in float32, integers divided by 2^(bits-1), so ±1.0 is full scale; floats are
    rounded, and what is beyond float32 becomes infinite. Exact for 8, 16 and 24 bits.
    """
    kind = samples.dtype.str[1:]
    if kind == "u1":
        return (samples.astype(np.float32) - np.float32(128.0)) * np.float32(2.0**-7)
    with np.errstate(over="ignore", invalid="ignore"):
        floats = samples.astype(np.float32)
    if kind in _FULL_SCALE:
        floats *= np.float32(_FULL_SCALE[kind])
    return floats


def from_pcm_bytes(data: bytes, pcm_format: PcmFormat, channels: int) -> Float32:
    """Read packed little-endian PCM.

    `data`: a whole number of samples. Returns (samples, channels) float32, full scale ±1.0.
    Raises ValueError when the bytes are no whole number of samples.
    """
    if pcm_format == "s24le":
        values = to_float32(_widened(data))
    else:
        values = to_float32(np.frombuffer(data, {"s16le": "<i2", "s32le": "<i4", "f32le": "<f4"}[pcm_format]))
    return values.reshape(-1, channels)


def _widened(data: bytes) -> NDArray[np.int32]:
    """24-bit values in the upper three bytes of int32, as FFmpeg carries them."""
    packed = np.frombuffer(data, np.uint8).reshape(-1, 3)
    wide = np.zeros((len(packed), 4), np.uint8)
    wide[:, 1:] = packed
    return wide.view("<i4").reshape(-1)
