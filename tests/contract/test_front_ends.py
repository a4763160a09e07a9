"""Models of every kind of front end, through the whole program."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
from onnx.reference import ReferenceEvaluator

from streamgenre.messages import AudioBlock, AudioFormat
from streamgenre.pipeline import model_windows
from streamgenre.settings import FrontEndSettings, HandmadeSettings, LogSpectrogramSettings
from tests.support.program import run
from tests.support.sounds import tune
from training.graph import GraphBuilder
from training.model_folder import ModelDescription, write_model_folder

RATE_HZ = 22050
LABELS = ("blues", "jazz", "rock")
FRONT_ENDS = {
    "spectrogram": FrontEndSettings(LogSpectrogramSettings(), 295, loudness=None),
    "handmade": FrontEndSettings(
        HandmadeSettings(columns=("spectral_centroid_mean", "rolloff_var", "mfcc2_mean")), 1, loudness=None
    ),
}


def graph_for(front_end: FrontEndSettings) -> bytes:
    """Every band's mean, standardised a little, through one layer."""
    graph, bands = GraphBuilder(), front_end.frames.bands
    kernel = np.random.default_rng(3).normal(0, 1e-3, (bands, len(LABELS))).astype(np.float32)
    means = graph.node("ReduceMean", ["windows"], "means", axes=[1], keepdims=0)
    scale = graph.constant("scale", np.array([1e-3], np.float32))
    small = graph.node("Tanh", [graph.node("Mul", [means, scale], "scaled")], "small")
    logits = graph.node("MatMul", [small, graph.constant("kernel", 1000 * kernel)], "logits")
    graph.node("Softmax", [logits], "genre", axis=1)
    shape = ("N", front_end.window_frames, bands)
    return graph.model("plain", {"windows": shape}, {"genre": ("N", len(LABELS))})


@pytest.fixture(params=FRONT_ENDS)
def model(request, tmp_path):
    front_end = FRONT_ENDS[request.param]
    description = ModelDescription(
        name=request.param,
        version="1",
        description="a plain model for tests",
        licence="MIT",
        provenance="made by the test",
        heads={"genre": LABELS},
        tolerance={"genre": 1e-5},
        front_end=front_end,
    )
    sound = tune(6.2, RATE_HZ)
    windows = model_windows([AudioBlock(sound, 0)], AudioFormat(RATE_HZ, 1), front_end, 1.0)
    inputs = np.stack([window.features for window in windows])
    graph = graph_for(front_end)
    answers = ReferenceEvaluator(graph).run(["genre"], {"windows": inputs})[0]
    folder = tmp_path / request.param
    write_model_folder(folder, description, graph, {"windows": inputs, "genre": answers}, {})
    soundfile.write(tmp_path / "song.wav", sound, RATE_HZ, subtype="FLOAT")
    soundfile.write(tmp_path / "short.wav", sound[:30_000], RATE_HZ, subtype="FLOAT")
    return folder, answers


def test_listen_says_what_the_model_makes_of_the_windows(model):
    folder, answers = model
    song = str(folder.parent / "song.wav")
    options = [
        "--model",
        str(folder),
        "--hop",
        "1.0",
        "--smoothing",
        "none",
        "--as-fast-as-possible",
        "--json",
    ]
    done = run("listen", song, *options)
    assert done.returncode == 0, done.stderr
    states = [line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == "state"]
    heard = [{row["label"]: row["p"] for row in state["top"]} for state in states if state["top"]]
    assert len(heard) == len(answers) == 5
    for state, answer in zip(heard, answers, strict=True):
        assert [state[label] for label in LABELS] == pytest.approx(answer.tolist(), abs=2e-4)


def test_classify_tiles_short_audio_and_verify_passes(model):
    folder, _ = model
    short = str(folder.parent / "short.wav")
    done = run("classify", short, "--model", str(folder), "--format", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert (row["short"], row["error"], len(row["top"])) == (True, None, 3)
    assert run("models", "verify", str(folder)).returncode == 0
