"""The 3 s table without track names: finding out which rows are one track, and which track it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Float64 = NDArray[np.float64]
Integers = NDArray[np.int64]

BLOCK_ROWS = (10, 9)
"""A track gave ten rows; one that is a trifle short, nine."""
_SHORT_PENALTY = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class RebuiltTracks:
    """Rows of one genre, given back to their tracks."""

    track_of: Integers
    """(rows,) index into the genre's tracks."""
    blocks: Integers
    """(blocks, 2) first row and number of rows."""
    assigned: Integers
    """(blocks,) index into the genre's tracks, each at most once."""
    distances: Float64
    """(blocks, tracks) root mean square over columns, in standard deviations of the tracks."""


def rebuild_tracks(rows: Float64, tracks: Float64) -> RebuiltTracks:
    """Cut the rows into blocks whose means lie nearest some track's, and give each block a track of its own.

    rows: (rows, columns) means over 3 s, those of a track in one block; tracks: (tracks, columns) the same
    over 30 s. The cuts are the best of all, found by dynamic programming; so is the assignment.
    """
    scale = tracks.std(axis=0)
    scaled_rows, scaled_tracks = rows / scale, tracks / scale
    blocks = _cut(scaled_rows, scaled_tracks)
    means = np.stack([scaled_rows[first : first + count].mean(axis=0) for first, count in blocks])
    distances = _distances(means, scaled_tracks)
    order, assigned = linear_sum_assignment(distances)
    if len(order) < len(blocks):
        raise ValueError(f"{len(blocks)} blocks of rows, and only {len(tracks)} tracks")
    return RebuiltTracks(np.repeat(assigned, blocks[:, 1]), blocks, assigned, distances)


def _cut(rows: Float64, tracks: Float64) -> Integers:
    best = np.full(len(rows) + 1, np.inf)
    best[0] = 0.0
    length_to = np.zeros(len(rows) + 1, np.int64)
    sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    for count in BLOCK_ROWS:
        if count > len(rows):
            raise ValueError(f"{len(rows)} rows are less than one track")
    nearest = {
        count: _distances((sums[count:] - sums[:-count]) / count, tracks).min(axis=1) for count in BLOCK_ROWS
    }
    for end in range(1, len(rows) + 1):
        for count in BLOCK_ROWS:
            if end < count:
                continue
            penalty = _SHORT_PENALTY * (count != BLOCK_ROWS[0])
            cost = best[end - count] + nearest[count][end - count] + penalty
            if cost < best[end]:
                best[end], length_to[end] = cost, count
    return _walk_back(length_to)


def _walk_back(length_to: Integers) -> Integers:
    end, blocks = len(length_to) - 1, []
    while end > 0:
        count = int(length_to[end])
        if count == 0:
            raise ValueError("the rows do not divide into blocks of ten or nine")
        end -= count
        blocks.append((end, count))
    return np.array(blocks[::-1], np.int64)


def _distances(left: Float64, right: Float64) -> Float64:
    squared = ((left[:, None, :] - right[None, :, :]) ** 2).mean(axis=2)
    return np.sqrt(squared)
