"""Few filters made many: each as copies moved by 0, 1, 2, … steps, and the whole moved on as many at once.

A processor computes the answers of 32 filters in the time of one or two, because sums that do not wait
for each other run side by side. The copies of a filter give its answers at neighbouring places, so what
comes out is the same; only the kernel grows by the steps it was moved, with zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

_BLOCK_FILTERS, _SIDE_BY_SIDE = 8, 32
"""Filters in a register of AVX2; filters that ONNX Runtime computes side by side."""
_LEAST_COST = 22
"""What fewer filters cost at least, in filters: each sum waits for its last addition."""
_NEARLY = 1.05
"""The fewest copies are taken whose cost is this near to the least."""


@dataclass(frozen=True, slots=True, eq=False)
class ShiftedFilters:
    """A bank of filters and their copies along one axis."""

    kernel: Float32
    """(filters · copies, 1, frames, bands): the copies of a filter lie together."""
    copies: int


def shift_filters(kernel: Float32, axis: int, choices: Sequence[int]) -> ShiftedFilters:
    """Copy filters along an axis as often as makes an answer cheapest.

    kernel: (filters, 1, frames, bands). axis: 2 or 3. choices: numbers of copies that are allowed.
    """
    filters, length = kernel.shape[0], kernel.shape[axis]
    costs = {count: _side_by_side_cost(filters * count) * (length + count - 1) / count for count in choices}
    copies = min(count for count, cost in costs.items() if cost <= _NEARLY * min(costs.values()))
    moved = [_moved(kernel, axis, step, copies) for step in range(copies)]
    return ShiftedFilters(np.stack(moved, axis=1).reshape(-1, *moved[0].shape[1:]), copies)


def _moved(kernel: Float32, axis: int, step: int, copies: int) -> Float32:
    padding = [(0, 0)] * kernel.ndim
    padding[axis] = (step, copies - 1 - step)
    return np.pad(kernel, padding)


def _side_by_side_cost(filters: int) -> int:
    whole, rest = divmod(filters, _SIDE_BY_SIDE)
    blocks = -(-rest // _BLOCK_FILTERS)
    return whole * _SIDE_BY_SIDE + (max(_LEAST_COST, blocks * _BLOCK_FILTERS) if rest else 0)
