"""The network of a trial, shipped as it was measured; and a trial that tests what was trained on."""

from __future__ import annotations

import csv

import numpy as np
import onnxruntime
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: networks cannot be trained here")

from tests.unit.training.network_material import material  # after the skip
from training.systems.arrays import COLUMNS, LIVE_FRAMES, picked_frames, spectrogram_material
from training.systems.materials import Source
from training.systems.protocols import divide, shared_with_training
from training.systems.recipe import SystemRecipe, Trial
from training.systems.runs import Workshop

TRACKS = [f"{genre}.{number:05}" for genre in ("blues", "jazz") for number in range(10)]


@pytest.fixture
def data(tmp_path):
    """Arrays of twenty tracks of noise; jazz has more in its lowest bands."""
    folder, tables = tmp_path / "gtzan_spectrograms", tmp_path / "gtzan_tables"
    folder.mkdir()
    tables.mkdir()
    shades = np.random.default_rng(0).integers(0, 200, (20, 128, COLUMNS), np.uint8)
    shades[10:, :40] += 50
    np.savez(folder / "gtzan_spec_u8.npz", ids=np.array(TRACKS), spec=shades)
    _write(folder / "scale.csv", ["track_id", "log_psd_at_0", "log_psd_at_256"], [-20, 12])
    _write(tables / "tracks.csv", ["track_id", "artist", "fault_filtered_split"], ["", ""])
    return tmp_path


def _write(path, header, rest):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *([track, *rest] for track in TRACKS)])


def test_what_is_shipped_is_the_network_that_was_measured(data, tmp_path):
    layers = ["columns 496", "level mean", "standardise", "flatten", "dense 4", "relu", "dense labels"]
    recipe = SystemRecipe(
        "tiny",
        "a tiny network",
        data={"kind": "spectrograms"},
        ship="paper",
        estimator={"kind": "dense", "layers": layers, "epochs": 2, "batch": 4},
        trials=(Trial("paper", "random_tracks", folds=2, runs=1),),
    )
    workshop = Workshop(recipe, Source(data), tmp_path / "results")
    [run] = workshop.runs(recipe.trials[0])
    shipped = workshop.shipped()
    assert shipped.rows_trained_on == len(run.trained_rows) < 11
    tested = run.answers.rows
    windows = np.zeros((len(tested), LIVE_FRAMES, 128), np.float32)
    windows[:, picked_frames(COLUMNS, LIVE_FRAMES)] = spectrogram_material(data).inputs[tested]
    scores = onnxruntime.InferenceSession(shipped.graph).run(None, {"windows": windows})[0]
    np.testing.assert_allclose(scores, run.answers.posterior, atol=1e-5)


def test_seen_rows_are_trained_on_and_it_shows():
    rows = material(30)
    [parts] = divide(rows, Trial("paper", "seen_rows"), seed=0)
    assert parts.train.all()
    assert parts.test.sum() == 6
    assert shared_with_training(rows, parts)["same_track"] == 1.0
