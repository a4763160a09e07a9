"""The shipped models against vectors of the original graphs, their cards and their own golden vectors."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from streamgenre.classify import load_model
from streamgenre.classify.golden import verify_model
from streamgenre.errors import ModelError
from tests.support.shared import SHARED, needs_shared
from training.convert_musicnn import convert_musicnn
from training.musicnn_wheel import WHEEL, MusicnnWheel

MODELS = Path(__file__).parents[2] / "models"
SHIPPED = sorted(path.name for path in MODELS.iterdir() if path.is_dir())
TOLERANCE = {"tags": 1e-5, "logits": 1e-4, "penultimate": 1e-4, "mean_pool": 1e-4, "max_pool": 1e-3}


def test_the_models_of_this_release_are_there():
    papers = {"a1", "a2", "a3", "b1", "b2", "c1", "c2", "c3", "d1", "e1", "e2", "e3"}
    assert {"genre", "genre-light", "msd_musicnn", "mtt_musicnn"} | papers == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_card_holds_the_digest_of_its_graph(name):
    graph = (MODELS / name / "model.onnx").read_bytes()
    assert load_model(MODELS / name).identity.sha256 == hashlib.sha256(graph).hexdigest()
    assert load_model(MODELS / name).identity.name == name


@pytest.mark.parametrize("name", SHIPPED)
def test_a_model_repeats_its_golden_vectors(name):
    report, seconds = verify_model(MODELS / name), load_model(MODELS / name).front_end.window_seconds
    assert report.windows >= (4 if seconds < 10 else 2)
    assert report.passed, report


@pytest.mark.parametrize("name", SHIPPED)
def test_a_model_comes_with_its_licence_and_provenance(name):
    licence, provenance = ((MODELS / name / file).read_text() for file in ("LICENSE", "PROVENANCE.md"))
    if "musicnn" in provenance:
        assert "Universitat Pompeu Fabra" in licence
        assert "CC BY-NC-SA 4.0" in provenance
    else:
        assert "MIT License" in licence
        assert "GTZAN (Tzanetakis and Cook 2002)" in provenance


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_with_another_rate_is_refused(name, tmp_path):
    folder = Path(shutil.copytree(MODELS / name, tmp_path / name))
    card, rate = folder / "card.toml", load_model(MODELS / name).front_end.frames.sample_rate_hz
    text = card.read_text().replace(f"sample_rate_hz = {rate}", "sample_rate_hz = 24000")
    card.write_text(text)
    with pytest.raises(ModelError, match=f"expected 24000 Hz, the graph was exported for {rate} Hz"):
        load_model(folder)


@needs_shared
@pytest.mark.data
@pytest.mark.parametrize("name", ["msd_musicnn", "mtt_musicnn"])
def test_converted_networks_answer_as_the_original_graphs(name):
    golden = np.load(SHARED / "golden" / f"{name}.npz")
    model = load_model(MODELS / name)
    for output, answer in zip(TOLERANCE, model.outputs(golden["logmel"], list(TOLERANCE)), strict=True):
        np.testing.assert_allclose(answer, golden[output], rtol=0, atol=TOLERANCE[output], err_msg=output)


@needs_shared
@pytest.mark.data
def test_the_default_model_holds_the_tags_of_the_original_graph():
    golden = np.load(SHARED / "golden" / "msd_musicnn.npz")
    model = load_model(MODELS / "genre")
    assert model.tag_labels == load_model(MODELS / "msd_musicnn").labels
    (tags,) = model.outputs(golden["logmel"], ["tags"])
    np.testing.assert_allclose(tags, golden["tags"], rtol=0, atol=1e-5)


@pytest.mark.slow
def test_the_wheel_converts_to_the_same_bytes_again(tmp_path):
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(tmp_path), WHEEL]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{WHEEL} could not be downloaded: no network or no package index")
    for folder in convert_musicnn(MusicnnWheel(next(tmp_path.glob("*.whl"))), tmp_path / "models"):
        committed = MODELS / folder.name
        for file in ("model.onnx", "card.toml", "LICENSE", "PROVENANCE.md"):
            assert (folder / file).read_bytes() == (committed / file).read_bytes(), file
        golden, before = np.load(folder / "golden.npz"), np.load(committed / "golden.npz")
        for name in before.files:
            np.testing.assert_allclose(golden[name], before[name], atol=1e-5, err_msg=name)
