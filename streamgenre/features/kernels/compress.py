"""From band power to what a network sees."""

from __future__ import annotations

import math

from streamgenre.features.kernels.jit import part
from streamgenre.features.kernels.lanes import Lanes, at_least, exponent, mantissa, spread
from streamgenre.settings import Compression

Law = tuple[float, float, float, float]
"""factor, offset, floor, scale: scale × log2(max(factor × gain × power + offset, floor)); scale 0: none."""

LAWS: dict[Compression, Law] = {
    "db": (1.0, 0.0, 1e-10, 10 * math.log10(2)),
    "log10_10k": (10000.0, 1.0, 1.0, math.log10(2)),
    "power": (1.0, 0.0, 0.0, 0.0),
}

# log2(1 + x) / x from √½ − 1 to √2 − 1: least maximum error, 6e-8 when evaluated in float32.
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8 = (
    1.442694902420044,
    -0.7213471531867981,
    0.48092252016067505,
    -0.3607212007045746,
    0.28765666484832764,
    -0.23851945996284485,
    0.21737948060035706,
    -0.2103032022714615,
    0.1254120171070099,
)


@part
def compressed(power: Lanes, gain: float, law: Law) -> Lanes:
    factor, offset, floor, scale = law
    if scale == 0:
        return spread(gain) * power
    raised = spread(factor) * (spread(gain) * power) + spread(offset)
    return spread(scale) * log2(at_least(spread(floor), raised))


@part
def log2(x: Lanes) -> Lanes:
    """Of positive normal numbers, within 1e-7 or half a unit of the result; NaN and infinity give NaN."""
    y = mantissa(x) - spread(1.0)
    yy = y * y
    low = (spread(_C0) + spread(_C1) * y) + (spread(_C2) + spread(_C3) * y) * yy
    high = (spread(_C4) + spread(_C5) * y) + (spread(_C6) + spread(_C7) * y) * yy
    p = low + (high + spread(_C8) * (yy * yy)) * (yy * yy)
    return p * y + (exponent(x) + (x - x))
