"""Each compiled operation on eight numbers against what NumPy makes of it."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from streamgenre.features.kernels import lanes_llvm
from streamgenre.features.kernels.compress import log2
from streamgenre.features.kernels.lanes import (
    ROW,
    at_least,
    backwards,
    conjugate,
    eighth_turned,
    exponent,
    if_above,
    least_of,
    lesser,
    load,
    load_as,
    load_row,
    mantissa,
    memory,
    one_on,
    scaled,
    spread,
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

assert lanes_llvm, "importing it is what lets numba compile lanes"


def complex_numbers(numbers, out):
    a, b = load_row(numbers, 0), load_row(numbers, 1)
    store_row(out, 0, a + b)
    store_row(out, 1, a - b)
    store_row(out, 2, a * b)
    store_row(out, 3, turned(a))
    store_row(out, 4, eighth_turned(a))
    store_row(out, 5, conjugate(a))
    store_row(out, 6, spread_pair(numbers, 3) * b)
    store(out, 7 * ROW, squared(a))


def real_numbers(numbers, out):
    a, b = load(numbers, 3), load(numbers, 11)
    store(out, 1, a + b)
    store(out, 9, a - b)
    store(out, 17, a * b)
    store(out, 25, backwards(a))
    store(out, 33, one_on(a))
    store(out, 41, scaled(b, 1 / 3))
    store_row(out, 4, to_complex(a, b))
    store(out, 80, zeros(numbers) + a)
    out[88] = sum_all(a)


def singles(numbers, out):
    a, b = load(numbers, 3), load(numbers, 11)
    store(out, 1, at_least(spread(0.25), a))
    store(out, 9, spread(numbers[5]))
    store(out, 17, exponent(a * a + spread(1e-20)))
    store(out, 25, mantissa(a * a + spread(1e-20)))
    store(out, 33, lesser(a, b))
    store(out, 41, if_above(spread(0.25), a, b, spread(7.0)))
    out[49] = least_of(a)


def eights(numbers, out):
    rows = (
        load_row(numbers, 0),
        load_row(numbers, 1),
        load_row(numbers, 2),
        load_row(numbers, 3),
        load_row(numbers, 4),
        load_row(numbers, 5),
        load_row(numbers, 6),
        load_row(numbers, 7),
    )
    a = transposed(rows)
    for k in range(8):
        store_row(out, k, a[k])
    b = (
        load(numbers, 0),
        load(numbers, 1),
        load(numbers, 2),
        load(numbers, 3),
        load(numbers, 4),
        load(numbers, 5),
        load(numbers, 6),
        load(numbers, 7),
    )
    store(out, 8 * ROW, sum_each(b))


def both_ways(operations, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the operations make of `numbers`, compiled and interpreted."""
    inner = numba.njit(operations)

    @numba.njit
    def on_memory(numbers, out):
        inner(memory(numbers), memory(out))

    compiled, interpreted = np.zeros_like(numbers), np.zeros_like(numbers)
    on_memory(numbers, compiled)
    operations(numbers, interpreted)
    return compiled, interpreted


@pytest.mark.parametrize("operations", [complex_numbers, real_numbers, singles, eights])
def test_compiled_is_interpreted(operations):
    numbers = np.random.default_rng(1).standard_normal(160).astype(np.float32)
    np.testing.assert_allclose(*both_ways(operations, numbers), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("operations", [complex_numbers, real_numbers, eights])
def test_compiled_is_interpreted_in_float64(operations):
    numbers = np.random.default_rng(1).standard_normal(160)
    np.testing.assert_allclose(*both_ways(operations, numbers), rtol=1e-14, atol=1e-14)


def test_precisions_meet_where_sound_comes_and_power_goes():
    @numba.njit
    def widened_and_rounded(sound, double, single):
        heard = load_as(memory(double), memory(sound), 1)
        store(memory(double), 2, scaled(heard, 1 / 3))
        store_single(memory(single), 3, heard * heard)

    sound, double, single = np.linspace(0, 1, 20, dtype=np.float32), np.zeros(20), np.zeros(20, np.float32)
    widened_and_rounded(sound, double, single)
    heard = sound[1:9].astype(np.float64)
    np.testing.assert_allclose(double[2:10], heard / 3, rtol=1e-15)
    assert np.array_equal(single[3:11], (heard * heard).astype(np.float32))
    assert not double[10:].any()
    assert not single[11:].any()


def test_log2_is_numpys():
    @numba.njit
    def fill(numbers, out):
        source, target = memory(numbers), memory(out)
        for at in range(0, numbers.shape[0], 8):
            store(target, at, log2(load(source, at)))

    exponents = np.random.default_rng(2).uniform(-120, 120, 80_000)
    numbers = np.concatenate([2**exponents, np.linspace(0.5, 2, 80_000)]).astype(np.float32)
    found, expected = np.empty_like(numbers), np.log2(numbers.astype(np.float64))
    fill(numbers, found)
    assert np.all(np.abs(found - expected) <= 1e-7 + 2e-7 * np.abs(expected))
