"""One layer of filters over time and frequency, and their greatest answer over frequency."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.graph import GraphBuilder
from training.musicnn_weights import Convolution
from training.shifted_filters import shift_filters

BANDS = 96
TIME, FREQUENCY = 2, 3
"""Axes of (N, channels, frames, bands)."""

_COPIES = range(1, 9)


class FilterBank:
    """Adds one layer to a graph, as often as it is asked to: every place under its own name."""

    def __init__(self, graph: GraphBuilder, layer: Convolution, axis: int, name: str) -> None:
        """axis: TIME or FREQUENCY, along which few filters may be copied to fill the processor."""
        self._graph = graph
        sign = falling_sign(layer)
        kernel = layer.kernel.transpose(3, 2, 0, 1) * sign[:, None, None, None]
        places = BANDS - kernel.shape[FREQUENCY] + 1
        choices = [count for count in _COPIES if axis == TIME or places % count == 0]
        shifted = shift_filters(kernel, axis, choices)
        self.filters: int = len(kernel)
        self.time_step = shifted.copies if axis == TIME else 1
        """Frames whose peaks come at once."""
        self._copies = shifted.copies
        self._inputs = [
            graph.constant(f"{name}/kernel", shifted.kernel),
            graph.constant(f"{name}/bias", np.repeat(layer.bias * sign, shifted.copies)),
        ]

    def peaks(self, rows: str, zeros: tuple[int, int], name: str) -> str:
        """Convolve and take the maximum over frequency: (N, filters, frames), frames in whole time steps.

        rows: a tensor (N, 1, frames, bands). zeros: frames of silence before and after them; those that
        fill the last time step are beyond these.
        """
        response = self._graph.node(
            "Conv",
            [rows, *self._inputs],
            f"{name}/response",
            pads=[zeros[0], 0, zeros[1] + self.time_step - 1, 0],
            strides=[self.time_step, self._copies // self.time_step],
        )
        peak = self._graph.node("ReduceMax", [response], f"{name}/peak", axes=[FREQUENCY], keepdims=0)
        return peak if self._copies == 1 else self._joined_copies(peak, name)

    def _joined_copies(self, peaks: str, name: str) -> str:
        """(N, filters · copies, steps): the copies are neighbours in time, or in frequency."""
        apart = self._reshaped(peaks, [0, self.filters, self._copies, -1], f"{name}/copies")
        if self.time_step == 1:
            return self._graph.node("ReduceMax", [apart], f"{name}/peaks", axes=[2], keepdims=0)
        in_order = self._graph.node("Transpose", [apart], f"{name}/in_order", perm=[0, 1, 3, 2])
        return self._reshaped(in_order, [0, self.filters, -1], f"{name}/peaks")

    def _reshaped(self, values: str, shape: Sequence[int], name: str) -> str:
        return self._graph.node("Reshape", [values, self._graph.constant(f"{name}/shape", shape)], name)


def falling_sign(layer: Convolution) -> np.ndarray:
    """(filters,) float32: −1 where the normalisation after a filter falls, else 1.

    Such filters are turned in the bank, so that the maximum serves before the rectifier.
    """
    return np.where(layer.norm.scale < 0, -1, 1).astype(np.float32)
