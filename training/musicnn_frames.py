"""The first layer of musicnn: what a frame and its neighbours decide alone, convolved once a frame.

A filter's peak at a frame (its greatest response over frequency) is the same in every window that
holds the filter whole; only where the filter reaches over an edge of the window, into the zeros
there, is it another. So the peaks of the window before come back in, and two stretches of frames
are convolved: those near the left edge, and from the first unknown one to the right edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.graph import GraphBuilder
from training.musicnn_bank import FREQUENCY, TIME, FilterBank
from training.musicnn_weights import Affine, Convolution, MusicnnWeights

WINDOW_FRAMES = 187


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
class _Group:
    """Layers of one filter length, side by side."""

    name: str
    banks: tuple[FilterBank, ...]
    filter_frames: int
    first_channel: int

    @property
    def channels(self) -> int:
        return sum(bank.filters for bank in self.banks)

    @property
    def time_step(self) -> int:
        """Frames that come at once."""
        return self.banks[0].time_step

    @property
    def before(self) -> int:
        """Frames before its own that a peak needs."""
        return (self.filter_frames - 1) // 2

    @property
    def after(self) -> int:
        return self.filter_frames - 1 - self.before

    @property
    def left(self) -> int:
        """Frames that are computed at the left edge: those that need the zeros before it, in whole steps."""
        return -(-self.before // self.time_step) * self.time_step


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
        self._time_axis = self._constant("time_axis", [TIME])
        self._shift = self._add("Concat", [self._zero, before.new_frames], "shift", axis=0)

    def build(self, windows: str) -> str:
        """Windows (N, 187, 96) float32 give peaks (N, channels, 187), timbral first; not rectified."""
        plane = self._plane(windows)
        peaks = [self._peaks(plane, group) for group in self._groups()]
        return self._add("Concat", peaks, "peaks", axis=1)

    def _groups(self) -> list[_Group]:
        found = [self._group("timbral", self._weights.timbral, FREQUENCY, self._before.first_channel)]
        for number, layer in enumerate(self._weights.temporal):
            first = found[-1].first_channel + found[-1].channels
            found.append(self._group(f"temporal{number}", (layer,), TIME, first))
        return found

    def _group(self, name: str, layers: Sequence[Convolution], axis: int, first_channel: int) -> _Group:
        names = [f"{self._prefix}/{name}/{index}" for index in range(len(layers))]
        banks = [
            FilterBank(self._graph, layer, axis, bank_name)
            for layer, bank_name in zip(layers, names, strict=True)
        ]
        return _Group(name, tuple(banks), layers[0].kernel.shape[0], first_channel)

    def _plane(self, windows: str) -> str:
        """(N, frames, bands) → (N, 1, frames, bands), normalised."""
        plane = self._add("Unsqueeze", [windows, self._constant("channel_axis", [1])], "plane")
        norm: Affine = self._weights.input_norm
        scale = self._constant("normal/scale", norm.scale.reshape(-1, 1, 1))
        offset = self._constant("normal/offset", norm.offset.reshape(-1, 1, 1))
        return self._add("Add", [self._add("Mul", [plane, scale], "normal/scaled"), offset], "normal")

    def _peaks(self, plane: str, group: _Group) -> str:
        """Join left edge, known frames, and the rest up to the right edge: (N, channels, 187)."""
        name, before, after = group.name, group.before, group.after
        known = self._known_frames(group)
        start = self._add(
            "Add", [known, self._constant(f"{name}/first", [group.left - before])], f"{name}/start"
        )
        left = self._rows(plane, self._zero, [group.left + after], f"{name}/left")
        right = self._rows(plane, start, [WINDOW_FRAMES], f"{name}/right")
        parts = [
            self._group_peaks(left, group, (before, 0), "left"),
            self._known(group),
            self._group_peaks(right, group, (0, after), "right"),
        ]
        return self._cut(self._add("Concat", parts, f"{name}/joined", axis=TIME), group)

    def _known_frames(self, group: _Group) -> str:
        name = group.name
        whole = self._constant(f"{name}/whole_frames", [WINDOW_FRAMES - group.left - group.after])
        spare = self._add("Sub", [whole, self._before.new_frames], f"{name}/spare_frames")
        return self._add("Max", [spare, self._zero], f"{name}/known_frames")

    def _rows(self, plane: str, start: str, end: Sequence[int], name: str) -> str:
        ends = self._constant(f"{name}/end", end)
        return self._add("Slice", [plane, start, ends, self._time_axis], f"{name}/rows")

    def _known(self, group: _Group) -> str:
        """What the earlier window knows of this one's frames: from `left` on, none to all but the edges."""
        name, first = group.name, group.first_channel
        origin = self._constant(f"{name}/known/origin", [first, group.left])
        inputs = [
            self._before.peaks,
            self._add("Add", [origin, self._shift], f"{name}/known/start"),
            self._constant(f"{name}/known/end", [first + group.channels, WINDOW_FRAMES - group.after]),
            self._constant(f"{name}/known/axes", [1, TIME]),
        ]
        return self._add("Slice", inputs, f"{name}/known")

    def _cut(self, peaks: str, group: _Group) -> str:
        """Take away what the last step of the filters gave beyond the window."""
        if group.time_step == 1:
            return peaks
        end = self._constant(f"{group.name}/end", [WINDOW_FRAMES])
        return self._add("Slice", [peaks, self._zero, end, self._time_axis], f"{group.name}/peaks")

    def _group_peaks(self, rows: str, group: _Group, zeros: tuple[int, int], side: str) -> str:
        """(N, channels, frames), frames in whole time steps."""
        name = f"{self._prefix}/{group.name}"
        peaks = [bank.peaks(rows, zeros, f"{name}/{index}/{side}") for index, bank in enumerate(group.banks)]
        return peaks[0] if len(peaks) == 1 else self._add("Concat", peaks, f"{group.name}/{side}", axis=1)

    def _add(self, operator: str, inputs: list[str], name: str, **attributes: object) -> str:
        return self._graph.node(operator, inputs, f"{self._prefix}/{name}", **attributes)

    def _constant(self, name: str, values: object) -> str:
        return self._graph.constant(f"{self._prefix}/{name}", values)
