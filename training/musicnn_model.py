"""Musicnns side by side in one ONNX model that can go from window to overlapping window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streamgenre.classify.model_card import FrameContext
from training.graph import GraphBuilder
from training.live_channels import live_musicnn
from training.musicnn_bank import BANDS
from training.musicnn_frames import WINDOW_FRAMES, PeaksBefore
from training.musicnn_graph import MusicnnGraph, MusicnnTensors
from training.musicnn_weights import MusicnnWeights

Networks = Mapping[str, MusicnnWeights]

WINDOWS, PEAKS, PEAKS_BEFORE, NEW_FRAMES = "windows", "peaks", "peaks_before", "new_frames"


def add_networks(graph: GraphBuilder, networks: Networks) -> dict[str, MusicnnTensors]:
    """Put networks on the same windows, their peaks side by side in one input and one output."""
    tensors: dict[str, MusicnnTensors] = {}
    channel = 0
    for name, weights in networks.items():
        network = live_musicnn(weights)
        before = PeaksBefore(PEAKS_BEFORE, NEW_FRAMES, channel)
        tensors[name] = MusicnnGraph(graph, network, name).build(WINDOWS, before)
        channel += len(network.front.live)
    _add_peaks(graph, [found.peaks for found in tensors.values()])
    return tensors


def model_bytes(graph: GraphBuilder, name: str, networks: Networks, outputs: Mapping[str, int]) -> bytes:
    """Serialise a graph of networks; outputs: number of columns by name, beside the peaks."""
    peaks = ("N", frame_context(networks.values()).width, WINDOW_FRAMES)
    return graph.model(
        name,
        {WINDOWS: ("N", WINDOW_FRAMES, BANDS), PEAKS_BEFORE: peaks},
        {output: ("N", size) for output, size in outputs.items()} | {PEAKS: peaks},
        integer_inputs={NEW_FRAMES: (1,)},
    )


def frame_context(networks: Iterable[MusicnnWeights]) -> FrameContext:
    """Say in the card what goes from one window to the next."""
    width = sum(len(live_musicnn(weights).front.live) for weights in networks)
    return FrameContext(PEAKS, PEAKS_BEFORE, NEW_FRAMES, width)


def _add_peaks(graph: GraphBuilder, peaks: list[str]) -> None:
    if len(peaks) == 1:
        graph.node("Identity", peaks, PEAKS)
    else:
        graph.node("Concat", peaks, PEAKS, axis=1)
