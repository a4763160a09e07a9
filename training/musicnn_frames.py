"""The first layer of musicnn: what a frame and its neighbours decide alone, convolved once a frame.

A filter's peak at a frame (its greatest response over frequency) is the same in every window that
holds the filter whole; only where the filter reaches over an edge of the window, into the zeros
there, is it another. So the peaks of the window before come back in, and two stretches of frames
are convolved: those near the left edge, and from the first unknown one to the right edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.graph import GraphBuilder
from training.musicnn_weights import Affine, Convolution, MusicnnWeights

WINDOW_FRAMES = 187
BANDS = 96

_TIME = 2


@dataclass(frozen=True, slots=True)
class PeaksBefore:
    """Graph inputs that hold what is known already; several networks share them."""

    peaks: str
    """(N, channels, 187) float32: the peaks of an earlier window."""
    new_frames: str
    """(1,) int64: frames that this window has after the last one of that window; 187: nothing is known."""
    first_channel: int = 0
    """Where this network's channels begin."""


@dataclass(frozen=True, slots=True)
class _Filters:
    """Layers of one filter length, side by side."""

    name: str
    layers: tuple[Convolution, ...]
    first_channel: int

    @property
    def channels(self) -> int:
        return sum(layer.kernel.shape[3] for layer in self.layers)

    @property
    def before(self) -> int:
        """Frames before its own that a peak needs, which are also those at the left edge."""
        return (self.layers[0].kernel.shape[0] - 1) // 2

    @property
    def after(self) -> int:
        return self.layers[0].kernel.shape[0] - 1 - self.before


def peak_channels(weights: MusicnnWeights) -> int:
    """Give the number of peaks a frame."""
    return sum(layer.kernel.shape[3] for layer in (*weights.timbral, *weights.temporal))


class MusicnnFrames:
    """Adds the frame part of one musicnn to a graph, every name under a prefix."""

    def __init__(
        self, graph: GraphBuilder, weights: MusicnnWeights, prefix: str, before: PeaksBefore
    ) -> None:
        self._graph = graph
        self._weights = weights
        self._prefix = f"{prefix}/frame"
        self._before = before
        self._zero = self._constant("zero", [0])
        self._time_axis = self._constant("time_axis", [_TIME])
        self._shift = self._add("Concat", [self._zero, before.new_frames], "shift", axis=0)

    def build(self, windows: str) -> str:
        """Windows (N, 187, 96) float32 give peaks (N, 561, 187): timbral, then temporal; not rectified."""
        plane = self._plane(windows)
        peaks = [self._peaks(plane, filters) for filters in self._filters()]
        return self._add("Concat", peaks, "peaks", axis=1)

    def _filters(self) -> list[_Filters]:
        groups = [("timbral", self._weights.timbral)]
        groups += [(f"temporal{number}", (layer,)) for number, layer in enumerate(self._weights.temporal)]
        found: list[_Filters] = []
        channel = self._before.first_channel
        for name, layers in groups:
            found.append(_Filters(name, layers, channel))
            channel += found[-1].channels
        return found

    def _plane(self, windows: str) -> str:
        """(N, frames, bands) → (N, 1, frames, bands), normalised."""
        plane = self._add("Unsqueeze", [windows, self._constant("channel_axis", [1])], "plane")
        norm: Affine = self._weights.input_norm
        scale = self._constant("normal/scale", norm.scale.reshape(-1, 1, 1))
        offset = self._constant("normal/offset", norm.offset.reshape(-1, 1, 1))
        return self._add("Add", [self._add("Mul", [plane, scale], "normal/scaled"), offset], "normal")

    def _peaks(self, plane: str, filters: _Filters) -> str:
        """Join left edge, known frames, and the rest up to the right edge: (N, channels, 187)."""
        name, before, after = filters.name, filters.before, filters.after
        constants = [self._weights_of(layer, f"{name}/{index}") for index, layer in enumerate(filters.layers)]
        whole = self._constant(f"{name}/whole_frames", [WINDOW_FRAMES - before - after])
        spare = self._add("Sub", [whole, self._before.new_frames], f"{name}/spare_frames")
        known = self._add("Max", [spare, self._zero], f"{name}/known_frames")
        left = self._rows(plane, self._zero, [before + after], f"{name}/left")
        right = self._rows(plane, known, [WINDOW_FRAMES], f"{name}/right")
        parts = [
            self._over_frequency(left, constants, (before, 0), f"{name}/left"),
            self._known(filters),
            self._over_frequency(right, constants, (0, after), f"{name}/right"),
        ]
        return self._add("Concat", parts, f"{name}/peaks", axis=_TIME)

    def _rows(self, plane: str, start: str, end: Sequence[int], name: str) -> str:
        ends = self._constant(f"{name}/end", end)
        return self._add("Slice", [plane, start, ends, self._time_axis], f"{name}/rows")

    def _known(self, filters: _Filters) -> str:
        """What the earlier window knows of this one's frames: from `before` on, none to all but the edges."""
        name, first, after = filters.name, filters.first_channel, filters.after
        origin = self._constant(f"{name}/known/origin", [first, filters.before])
        inputs = [
            self._before.peaks,
            self._add("Add", [origin, self._shift], f"{name}/known/start"),
            self._constant(f"{name}/known/end", [first + filters.channels, WINDOW_FRAMES - after]),
            self._constant(f"{name}/known/axes", [1, _TIME]),
        ]
        return self._add("Slice", inputs, f"{name}/known")

    def _weights_of(self, layer: Convolution, name: str) -> tuple[str, str]:
        """Kernel and bias; those of a falling normalisation are turned, so that the maximum serves."""
        sign = falling_sign(layer)
        kernel = layer.kernel.transpose(3, 2, 0, 1) * sign[:, None, None, None]
        return self._constant(f"{name}/kernel", kernel), self._constant(f"{name}/bias", layer.bias * sign)

    def _over_frequency(
        self, rows: str, constants: Sequence[tuple[str, str]], padding: tuple[int, int], name: str
    ) -> str:
        """Convolve and take the maximum over frequency: (N, channels, frames)."""
        pads = [padding[0], 0, padding[1], 0]
        peaks: list[str] = []
        for index, (kernel, bias) in enumerate(constants):
            response = self._add("Conv", [rows, kernel, bias], f"{name}/{index}/response", pads=pads)
            peaks.append(self._add("ReduceMax", [response], f"{name}/{index}/peak", axes=[3], keepdims=0))
        return peaks[0] if len(peaks) == 1 else self._add("Concat", peaks, f"{name}/peaks", axis=1)

    def _add(self, operator: str, inputs: list[str], name: str, **attributes: object) -> str:
        return self._graph.node(operator, inputs, f"{self._prefix}/{name}", **attributes)

    def _constant(self, name: str, values: object) -> str:
        return self._graph.constant(f"{self._prefix}/{name}", values)


def falling_sign(layer: Convolution) -> np.ndarray:
    """(filters,) float32: −1 where the normalisation after a filter falls, else 1."""
    return np.where(layer.norm.scale < 0, -1, 1).astype(np.float32)
