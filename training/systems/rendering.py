"""Spectrograms as the pictures that a plotting program saves of them, in a graph too."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.graph import GraphBuilder

_LEFT, _RIGHT, _BOTTOM, _TOP = 0.125, 0.9, 0.11, 0.88
"""Where matplotlib's default figure puts its axes, as shares of width and height."""
_TINY = 1e-6


class Picture(nn.Module):
    """(N, frames, bands) → (N, 4, height, width), red, green, blue and opacity, 0 to 1.

    What a plot of one clip comes out as when it is saved without ticks: colours run from the least to the
    greatest value of this very clip, high bands are up, and the margins are white.
    """

    def __init__(self, shape: tuple[int, ...], height: int, width: int, colour_map: str) -> None:
        super().__init__()
        frames, bands = shape
        left, right = round(_LEFT * width), round(_RIGHT * width)
        top, bottom = round((1 - _TOP) * height), round((1 - _BOTTOM) * height)
        self._margins = (left, width - right, top, height - bottom)
        columns, rows = _nearest(right - left, frames), bands - 1 - _nearest(bottom - top, bands)
        self.register_buffer("columns", torch.from_numpy(columns), persistent=False)
        self.register_buffer("rows", torch.from_numpy(rows), persistent=False)
        self.register_buffer("colours", torch.from_numpy(colour_table(colour_map)), persistent=False)

    def forward(self, windows: Tensor) -> Tensor:
        low, high = windows.amin((1, 2), keepdim=True), windows.amax((1, 2), keepdim=True)
        shades = (windows - low) / (high - low).clamp_min(_TINY) * 256.0
        indices = shades.to(torch.int64).clamp_max(255)
        picked = indices.index_select(1, self.columns).index_select(2, self.rows)
        picture = self.colours[picked].permute(0, 3, 2, 1)
        return nn.functional.pad(picture, self._margins, value=1.0)

    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        low = graph.node("ReduceMin", [value], f"{name}_low", axes=[1, 2])
        high = graph.node("ReduceMax", [value], f"{name}_high", axes=[1, 2])
        spread = graph.node("Sub", [high, low], f"{name}_spread")
        tiny = graph.constant(f"{name}_tiny", np.array([_TINY], np.float32))
        above = graph.node("Sub", [value, low], f"{name}_above")
        share = graph.node(
            "Div", [above, graph.node("Max", [spread, tiny], f"{name}_range")], f"{name}_share"
        )
        scale = graph.constant(f"{name}_256", np.array([256.0], np.float32))
        last = graph.constant(f"{name}_255", np.array([255.0], np.float32))
        shade = graph.node("Min", [graph.node("Mul", [share, scale], f"{name}_x256"), last], f"{name}_shade")
        index = graph.node("Cast", [shade], f"{name}_index", to=7)
        across = graph.node(
            "Gather",
            [index, graph.constant(f"{name}_columns", self.columns.numpy())],
            f"{name}_across",
            axis=1,
        )
        picked = graph.node(
            "Gather", [across, graph.constant(f"{name}_rows", self.rows.numpy())], f"{name}_picked", axis=2
        )
        colours = graph.node(
            "Gather", [graph.constant(f"{name}_colours", self.colours.numpy()), picked], f"{name}_coloured"
        )
        picture = graph.node("Transpose", [colours], f"{name}_picture", perm=[0, 3, 2, 1])
        left, right, top, bottom = self._margins
        pads = graph.constant(f"{name}_pads", [0, 0, top, left, 0, 0, bottom, right])
        return graph.node(
            "Pad", [picture, pads, graph.constant(f"{name}_white", np.array(1.0, np.float32))], name
        )


def colour_table(name: str) -> NDArray[np.float32]:
    """(256, 4) float32: red, green, blue, opacity of a colour map of matplotlib's."""
    return mpl.colormaps[name](np.arange(256)).astype(np.float32)


def _nearest(pixels: int, cells: int) -> NDArray[np.int64]:
    """(pixels,): the cell under the middle of each pixel."""
    return ((np.arange(pixels) + 0.5) / pixels * cells).astype(np.int64)
