"""The newest part of an endless sequence of rows, found by absolute index."""

from __future__ import annotations

import math

import numpy as np

from streamgenre.messages import Float32

_SPARE_ROWS = 2
"""Held for each row kept: the more, the seldomer the last ones are moved to the front."""
_MOST_SPARE = 2**18
"""Values held so at most: moving a long window is seldom even then."""


class RecentRows:
    """Keeps at least the last `keep` rows, and every row of the last `append`."""

    def __init__(self, keep: int, row_shape: tuple[int, ...] = ()) -> None:
        self._keep = keep
        spare = min(_SPARE_ROWS * keep, _MOST_SPARE // math.prod(row_shape))
        self._room: Float32 = np.empty((keep + spare + 1, *row_shape), np.float32)
        self.reset()

    @property
    def end(self) -> int:
        """Rows appended since the reset."""
        return self._first + self._count

    def append(self, rows: Float32) -> None:
        """Take a copy of `rows`, (n, *row_shape) float32."""
        if self._count + len(rows) > len(self._room):
            self._make_room(len(rows))
        self._room[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    def between(self, first: int, end: int) -> Float32:
        """A copy of the rows `first` to `end`; IndexError when any of them is not kept."""
        return self.view(first, end).copy()

    def view(self, first: int, end: int) -> Float32:
        """As `between`, but not a copy: good until the next `append`."""
        if not self._first <= first <= end <= self.end:
            raise IndexError(f"rows {first} to {end} asked for, {self._first} to {self.end} are kept")
        return self._room[first - self._first : end - self._first]

    def newest(self, count: int) -> Float32:
        """A copy of the last `count` rows, or of all there ever were."""
        return self.between(max(0, self.end - count), self.end)

    def reset(self) -> None:
        """Forget everything and count from 0 again."""
        self._first = 0
        self._count = 0

    def _make_room(self, coming: int) -> None:
        kept = min(self._keep, self._count)
        tail = self._room[self._count - kept : self._count]
        if kept + coming > len(self._room):
            self._room = np.empty((kept + coming, *self._room.shape[1:]), np.float32)
        self._room[:kept] = tail
        self._first += self._count - kept
        self._count = kept
