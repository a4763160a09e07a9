"""Eight numbers at a time: the vocabulary the kernels are written in, as NumPy does it.

A *lanes* value is eight float32 or eight float64, a *complex lanes* value eight complex numbers made of
them. Interpreted, the functions below work on arrays of eight; compiled, `lanes_llvm` turns each into
one or a few vector instructions of whatever processor it is (AVX-512, AVX2, SSE, NEON). A *row* of
memory holds eight complex numbers: their real parts, then their imaginary parts. No index is checked
when compiled.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

LANES = 8
ROW = 2 * LANES

Number = TypeVar("Number", bound=np.generic)
Lanes = NDArray[np.floating]
ComplexLanes = NDArray[np.complexfloating]
Memory = NDArray[np.floating]
Eight = tuple[Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes]
ComplexEight = tuple[
    ComplexLanes,
    ComplexLanes,
    ComplexLanes,
    ComplexLanes,
    ComplexLanes,
    ComplexLanes,
    ComplexLanes,
    ComplexLanes,
]

_SQRT_HALF = math.sqrt(0.5)
SQRT_HALF_BITS = 0x3F3504F3
MANTISSA_BITS = 23


def memory(array: NDArray[Number]) -> NDArray[Number]:
    """The numbers of a contiguous array, without its shape and without counting references."""
    return array.reshape(-1)


def load(memory: Memory, at: int) -> Lanes:
    return memory[at : at + LANES].copy()


def load_as(like: Memory, memory: Memory, at: int) -> Lanes:
    """Eight float32, as numbers of the precision of `like`."""
    return memory[at : at + LANES].astype(like.dtype)


def store(memory: Memory, at: int, lanes: Lanes) -> None:
    memory[at : at + LANES] = lanes


def store_single(memory: Memory, at: int, lanes: Lanes) -> None:
    """Round to float32 and store."""
    memory[at : at + LANES] = lanes


def fetch_ahead(memory: Memory, at: int) -> None:
    """Have a number and its neighbours brought nearer before they are needed; `at` may lie beyond the end."""


def load_row(memory: Memory, row: int) -> ComplexLanes:
    return to_complex(load(memory, ROW * row), load(memory, ROW * row + LANES))


def store_row(memory: Memory, row: int, lanes: ComplexLanes) -> None:
    store(memory, ROW * row, lanes.real)
    store(memory, ROW * row + LANES, lanes.imag)


def spread(number: float) -> Lanes:
    """One number in all lanes, as float32."""
    return np.full(LANES, number, np.float32)


def zeros(like: Memory) -> Lanes:
    """Zero in all lanes, in the precision of `like`."""
    return np.zeros(LANES, like.dtype)


def scaled(lanes: Lanes, number: float) -> Lanes:
    return lanes * lanes.dtype.type(number)


def spread_pair(memory: Memory, pair: int) -> ComplexLanes:
    """One complex number, stored as real and imaginary part, in all lanes."""
    real, imaginary = memory[2 * pair : 2 * pair + 2]
    return to_complex(np.full(LANES, real, memory.dtype), np.full(LANES, imaginary, memory.dtype))


def to_complex(real: Lanes, imaginary: Lanes) -> ComplexLanes:
    return real + _i(real) * imaginary


def conjugate(lanes: ComplexLanes) -> ComplexLanes:
    return lanes.conj()


def turned(lanes: ComplexLanes) -> ComplexLanes:
    """Multiply by −i."""
    return -_i(lanes) * lanes


def eighth_turned(lanes: ComplexLanes) -> ComplexLanes:
    """Multiply by the eighth root of unity, (1 − i)/√2."""
    return lanes.real.dtype.type(_SQRT_HALF) * (1 - _i(lanes)) * lanes


def squared(lanes: ComplexLanes) -> Lanes:
    """The squares of the magnitudes."""
    return lanes.real * lanes.real + lanes.imag * lanes.imag


def transposed(rows: ComplexEight) -> ComplexEight:
    """Lane j of value i becomes lane i of value j."""
    a, b, c, d, e, f, g, h = np.stack(rows).T
    return a, b, c, d, e, f, g, h


def backwards(lanes: Lanes) -> Lanes:
    return lanes[::-1]


def one_on(lanes: Lanes) -> Lanes:
    """Lane i + 1 in lane i; zero in the last."""
    return np.append(lanes[1:], lanes.dtype.type(0))


def sum_each(rows: Eight) -> Lanes:
    """Lane i is the sum of the lanes of value i."""
    return np.stack(rows).sum(axis=1)


def sum_all(lanes: Lanes) -> float:
    """The lanes in pairs, the pairs in pairs."""
    halves = lanes[:4] + lanes[4:]
    quarters = halves[:2] + halves[2:]
    return quarters[0] + quarters[1]


def least_of(lanes: Lanes) -> float:
    """The least lane; none is NaN."""
    return lanes.min()


def at_least(floor: Lanes, lanes: Lanes) -> Lanes:
    """The greater of each two; NaN in `lanes` stays NaN."""
    return np.where(lanes < floor, floor, lanes)


def lesser(a: Lanes, b: Lanes) -> Lanes:
    """The lesser of each two, neither of them NaN."""
    return np.where(a < b, a, b)


def if_above(floor: Lanes, lanes: Lanes, chosen: Lanes, other: Lanes) -> Lanes:
    """`chosen` where `lanes` is above the floor, else `other`."""
    return np.where(lanes > floor, chosen, other)


def exponent(lanes: Lanes) -> Lanes:
    """The e of x = m × 2^e, with m from √½ to √2; x positive and normal."""
    return ((lanes.view(np.int32) - SQRT_HALF_BITS) >> MANTISSA_BITS).astype(np.float32)


def mantissa(lanes: Lanes) -> Lanes:
    """The m of x = m × 2^e, with m from √½ to √2; x positive and normal."""
    bits = lanes.view(np.int32)
    exponents = (bits - SQRT_HALF_BITS) >> MANTISSA_BITS
    return (bits - (exponents << MANTISSA_BITS)).view(np.float32)


def _i(like: Lanes | ComplexLanes) -> np.complexfloating:
    return np.result_type(like, np.complex64).type(1j)
