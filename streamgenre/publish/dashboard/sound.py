"""The level meter and the moving spectrum."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style

from streamgenre.messages import Float32
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import (
    BOLD,
    DIM,
    HEAT_LEVELS,
    PLAIN,
    heat_style,
    level_style,
    warn_style,
)
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.text import Line, decibels, span

METER_FLOOR_DBFS = -60.0
HOT_DBFS = -1.0
HEAT_SPAN = 70.0
"""Greatest range shown, in the row's unit; only decibels reach it."""
EMPTY = -1
NUMBERS_WIDTH = 30
"""Beside the meter, with room for `clip`: the bar keeps its length, and the scale fits it."""


def level_line(picture: Picture, width: int, look: Look) -> Line:
    """Draw RMS as a bar, the held peak as a mark, both as numbers."""
    level, peak = picture.level, picture.held_peak_dbfs
    if level is None or peak is None:
        if picture.state is None:
            return [span("level  no sound yet", DIM)]
        return [span(f"level  {decibels(picture.state.level_dbfs, look)} dBFS")]
    numbers = f" {decibels(level.rms_dbfs, look):>6} dBFS  peak {decibels(peak, look):>6}"
    hot = peak >= HOT_DBFS
    numbers += " clip" if peak >= 0.0 else " hot" if hot else ""
    bar_width = max(4, width - 6 - NUMBERS_WIDTH)
    return [
        span("level ", DIM),
        *_meter_bar(level.rms_dbfs, peak, bar_width, look),
        span(numbers, warn_style(look) if hot else PLAIN),
    ]


def level_scale(width: int, look: Look) -> Line:
    """Write the decibels under the meter."""
    bar_width = max(4, width - 6 - NUMBERS_WIDTH)
    cells = [" "] * (bar_width + 4)
    for dbfs in (-60, -48, -36, -24, -12, -6, 0):
        words = str(dbfs).replace("-", look.signs.minus)
        at = max(0, round((dbfs - METER_FLOOR_DBFS) / -METER_FLOOR_DBFS * (bar_width - 1)) - len(words) // 2)
        if all(cell == " " for cell in cells[max(0, at - 1) : at + len(words) + 1]):
            cells[at : at + len(words)] = words
    return [span(" " * 6 + "".join(cells).rstrip(), DIM)]


def _meter_bar(rms_dbfs: float, peak_dbfs: float, width: int, look: Look) -> Line:
    filled = _meter_cells(rms_dbfs, width)
    cells = [look.signs.eighths[-1]] * filled + [look.signs.bar_rest] * (width - filled)
    zones = [level_style(METER_FLOOR_DBFS * (1 - cell / width), look) for cell in range(filled)]
    styles = [*zones, *[DIM] * (width - filled)]
    if peak_dbfs > METER_FLOOR_DBFS:
        at = min(width - 1, _meter_cells(peak_dbfs, width))
        cells[at], styles[at] = look.signs.peak, warn_style(look) if peak_dbfs >= HOT_DBFS else BOLD
    return _runs(cells, styles)


def _meter_cells(dbfs: float, width: int) -> int:
    share = (max(dbfs, METER_FLOOR_DBFS) - METER_FLOOR_DBFS) / -METER_FLOOR_DBFS
    return min(width, math.floor(share * width + 0.5))


def spectrum(picture: Picture, width: int, rows: int, look: Look) -> list[Line]:
    """Draw the latest spectra as a picture that moves left, low notes at the bottom."""
    halves = 2 if look.unicode and look.depth == "many" else 1
    heat = heat_levels(picture.mel_columns[-width:], rows * halves)
    blank = np.full((rows * halves, width - heat.shape[1]), EMPTY)
    grid = np.concatenate([blank, heat], axis=1)
    if halves == 1:
        return [_shaded(row, look) for row in grid]
    return [_half_blocks(grid[at], grid[at + 1]) for at in range(0, len(grid), 2)]


def heat_levels(columns: Float32, rows: int) -> NDArray[np.intp]:
    """Quantise spectra for drawing.

    `columns` is (columns, bands) float32, NaN where silent, oldest first; returns (rows, columns) of
    0 … HEAT_LEVELS − 1 and EMPTY for silence, the highest band in row 0. The loudest hundredth is the top;
    the bottom is the quietest twentieth, at most HEAT_SPAN below.
    """
    if columns.size == 0:
        return np.empty((rows, 0), np.intp)
    pooled = _pool(columns, rows).T[::-1]
    shown = np.isfinite(pooled)
    if not shown.any():
        return np.full(pooled.shape, EMPTY)
    low, high = np.quantile(pooled[shown], (0.05, 0.99))
    low = max(low, high - HEAT_SPAN)
    share = (np.where(shown, pooled, low) - low) / max(high - low, 1e-6)
    return np.where(shown, np.clip(share * HEAT_LEVELS, 0, HEAT_LEVELS - 1).astype(np.intp), EMPTY)


def _pool(columns: Float32, rows: int) -> Float32:
    """Average neighbouring bands into `rows` of them, repeating bands where there are too few."""
    bands = columns.shape[1]
    edges = np.linspace(0, bands, rows + 1).astype(np.intp)
    if rows >= bands:
        return columns[:, edges[:-1]]
    sums = np.add.reduceat(columns, edges[:-1], axis=1)
    return np.asarray(sums / np.diff(edges), np.float32)


def _half_blocks(upper: NDArray[np.intp], lower: NDArray[np.intp]) -> Line:
    """Draw two rows as one line, equal neighbours together."""
    pairs = np.stack([upper, lower])
    starts = np.flatnonzero(np.any(pairs[:, 1:] != pairs[:, :-1], axis=0)) + 1
    edges = [0, *starts.tolist(), len(upper)]
    tops, bottoms = pairs[:, edges[:-1]].tolist()
    lengths = [end - start for start, end in pairwise(edges)]
    return [_block(*run) for run in zip(tops, bottoms, lengths, strict=True)]


def _block(top: int, bottom: int, cells: int) -> Segment:
    if EMPTY in (top, bottom):
        return span(" " * cells)
    return span("▀" * cells, heat_style(top, bottom))


def _shaded(row: NDArray[np.intp], look: Look) -> Line:
    shades = look.signs.shades
    cells = [shades[0 if level == EMPTY else level * len(shades) // HEAT_LEVELS] for level in row.tolist()]
    return [span("".join(cells))]


def _runs(cells: list[str], styles: list[Style]) -> Line:
    """Join neighbours of one style."""
    edges = [0, *(at for at in range(1, len(cells)) if styles[at] is not styles[at - 1]), len(cells)]
    return [span("".join(cells[start:end]), styles[start]) for start, end in pairwise(edges)]
