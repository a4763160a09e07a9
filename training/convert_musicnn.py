"""The musicnn wheel → models/msd_musicnn and models/mtt_musicnn, without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.graph import GraphBuilder
from training.live_channels import GREATEST_LOG_MEL, live_musicnn
from training.model_folder import ModelDescription, write_model_folder
from training.musicnn_bank import BANDS
from training.musicnn_frames import WINDOW_FRAMES
from training.musicnn_model import add_networks, frame_context, model_bytes
from training.musicnn_numpy import run_musicnn
from training.musicnn_weights import MusicnnWeights, read_weights
from training.musicnn_wheel import WHEEL, WHEEL_SHA256, MusicnnWheel
from training.synthetic_windows import synthetic_windows

OUTPUT_SIZES = {"tags": 50, "logits": 50, "penultimate": 200, "mean_pool": 753, "max_pool": 753}
TOLERANCE = {"tags": 1e-5, "logits": 1e-4, "penultimate": 1e-4, "mean_pool": 1e-4, "max_pool": 1e-3}

PROVENANCE = """\
# Where {name} comes from

Weights: checkpoint `{checkpoint}` inside the wheel `{wheel}` of the Python Package Index
(sha256 `{sha256}`),
by Jordi Pons, Music Technology Group, Universitat Pompeu Fabra: musicnn, trained on {trained_on}.

- J. Pons and X. Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging",
  late-breaking/demo session, ISMIR 2019.

Conversion: `python -m training convert-musicnn` reads the checkpoint with NumPy and writes the graph
anew. The numbers are unchanged, in 32-bit floats; each batch normalisation is one multiplication and one
addition (epsilon 0.001), and the maximum over frequency is taken before the rectifier (filters whose
normalisation falls are turned for it), which gives the same values.

Training switched filters off: {live} of {channels} in the first layer answer to what they hear, and
{middle_live} of {middle_channels} in the second. The kernels of the others are so near to nothing (1e-27,
most of them) that up to a log-mel of {greatest:g} each stays within 1e-7 of one constant. They are left out,
and their constants are added where they went.

The graph hands the maxima out as `peaks` and takes them back with the next window as `peaks_before`, so
that the {live} values of a frame that two windows share are computed once; `new_frames` = 187 scores a
window by itself.

Golden vectors: made-up windows; the answers are those of a double-precision NumPy implementation.

Licence: the wheel of 2019 says ISC, for everything in it; its text is in LICENSE. To be open about it: the
group's later model page lists CC BY-NC-SA 4.0 for the models published there, these architectures among
them. Provenance here is the wheel alone.
"""


@dataclass(frozen=True, slots=True)
class Conversion:
    """One checkpoint of the wheel and what it becomes."""

    name: str
    checkpoint: str
    labels: str
    trained_on: str


CONVERSIONS = (
    Conversion("msd_musicnn", "MSD_musicnn", "MSD_LABELS", "the Million Song Dataset with 50 Last.fm tags"),
    Conversion("mtt_musicnn", "MTT_musicnn", "MTT_LABELS", "MagnaTagATune with its 50 most frequent tags"),
)


def convert_musicnn(wheel: MusicnnWheel, models: Path) -> list[Path]:
    """Convert both networks into folders under `models`; the same wheel gives the same bytes."""
    return [_convert(wheel, conversion, models / conversion.name) for conversion in CONVERSIONS]


def tagger_graph(weights: MusicnnWeights, name: str) -> bytes:
    """One network as an ONNX file with the outputs tags, logits, penultimate, mean_pool and max_pool."""
    graph = GraphBuilder()
    networks = {name: weights}
    tensors = add_networks(graph, networks)[name]
    for output in OUTPUT_SIZES:
        graph.node("Identity", [getattr(tensors, output)], output)
    return model_bytes(graph, name, networks, OUTPUT_SIZES)


def _convert(wheel: MusicnnWheel, conversion: Conversion, folder: Path) -> Path:
    weights = read_weights(wheel.checkpoint(conversion.checkpoint))
    network = live_musicnn(weights)
    description = ModelDescription(
        name=conversion.name,
        version="0.1.0",
        description=f"musicnn, trained on {conversion.trained_on}: tags of 3 s windows",
        licence="ISC",
        provenance=f"checkpoint {conversion.checkpoint} of the wheel {WHEEL}; see PROVENANCE.md",
        heads={"tags": wheel.labels(conversion.labels)},
        tolerance=TOLERANCE,
        frame_context=frame_context([weights]),
    )
    provenance = PROVENANCE.format(
        name=conversion.name,
        checkpoint=conversion.checkpoint,
        wheel=WHEEL,
        sha256=WHEEL_SHA256,
        trained_on=conversion.trained_on,
        greatest=GREATEST_LOG_MEL,
        channels=len(network.front.constants),
        live=len(network.front.live),
        middle_channels=len(network.first.constants),
        middle_live=len(network.first.live),
    )
    texts = {"LICENSE": wheel.licence(), "PROVENANCE.md": provenance}
    write_model_folder(folder, description, tagger_graph(weights, conversion.name), _golden(weights), texts)
    return folder


def _golden(weights: MusicnnWeights) -> dict[str, np.ndarray]:
    windows = synthetic_windows(WINDOW_FRAMES, BANDS)
    rows = [run_musicnn(weights, window) for window in windows]
    answers = {name: np.stack([row[name] for row in rows]).astype(np.float32) for name in OUTPUT_SIZES}
    return {"windows": windows} | answers
