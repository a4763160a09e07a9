"""The 8-bit spectrograms and random windows of clips as material."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from streamgenre.errors import UsageError
from tests.support.shared import SHARED, needs_shared
from training.systems.arrays import (
    COLUMNS,
    LIVE_FRAMES,
    excerpt_material,
    picked_frames,
    spectrogram_material,
)

GENRES = ("blues", "jazz", "rock")


@pytest.fixture
def data(tmp_path):
    """Three tracks of random shades; the second one is missing from the arrays."""
    generator = np.random.default_rng(0)
    ids = np.array(["blues.00000", "jazz.00001", "rock.00002"])
    folder, tables = tmp_path / "gtzan_spectrograms", tmp_path / "gtzan_tables"
    folder.mkdir()
    tables.mkdir()
    shades = generator.integers(0, 256, (3, 128, COLUMNS), np.uint8)
    np.savez(folder / "gtzan_spec_u8.npz", ids=ids, spec=shades, blank=np.zeros_like(shades, bool))
    with (folder / "scale.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["track_id", "log_psd_at_0", "log_psd_at_256", "how"])
        rows.writerows([[ids[2], -10, 6, ""], [ids[0], -20, 12, ""], [ids[1], 0, 256, ""]])
    with (tables / "tracks.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["track_id", "genre", "fault_filtered_split", "artist", "title"])
        rows.writerows([[name, name[:-6], "test", f"who of {name}", ""] for name in ids])
    return tmp_path, shades


def test_shades_become_log_densities_on_the_scale_of_their_track(data):
    folder, shades = data
    material = spectrogram_material(folder)
    assert material.inputs.shape == (3, COLUMNS, 128)
    assert material.inputs.dtype == np.float32
    expected = -20 + (shades[0].T + 0.5) / 256 * 32
    np.testing.assert_allclose(material.inputs[0], expected, atol=1e-4)
    np.testing.assert_allclose(material.inputs[1], shades[1].T + 0.5, atol=1e-4)
    assert material.label_names == GENRES
    assert material.credits[1] == "who of jazz.00001"
    assert material.splits == ("test",) * 3
    assert material.front_end.window_frames == LIVE_FRAMES


def test_labels_may_be_left_out(data):
    material = spectrogram_material(data[0], without=["jazz"])
    assert material.label_names == ("blues", "rock")
    assert material.labels.tolist() == [0, 1]
    np.testing.assert_allclose(material.inputs[1, :, 0], -10 + (data[1][2, 0] + 0.5) / 16, atol=1e-4)


def test_excerpts_are_stretches_of_their_track_drawn_out(data):
    whole, drawn = spectrogram_material(data[0]), excerpt_material(data[0], 4, 50, 128, seed=3)
    assert drawn.inputs.shape == (12, 128, 128)
    assert drawn.track_of.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert drawn.labels.tolist() == drawn.track_of.tolist()
    decibels = 10 / np.log(10) * whole.inputs
    for row, track in enumerate(drawn.track_of):
        first = int(np.flatnonzero((np.abs(decibels[track] - drawn.inputs[row, 0]) < 1e-3).all(axis=1))[0])
        inside = first + np.arange(128) * 50 // 128
        np.testing.assert_allclose(drawn.inputs[row], decibels[track][inside], rtol=1e-5)
    again = excerpt_material(data[0], 4, 50, 128, seed=3)
    assert np.array_equal(drawn.inputs, again.inputs)


def test_the_columns_picked_are_those_of_the_arrays():
    picked = picked_frames(COLUMNS, LIVE_FRAMES)
    expected = [int(np.floor((column + 1) / COLUMNS * (LIVE_FRAMES - 1))) for column in range(COLUMNS)]
    assert picked.tolist() == expected
    assert picked[-1] == LIVE_FRAMES - 1


@needs_shared
@pytest.mark.data
def test_the_research_arrays_are_whole():
    material = spectrogram_material(SHARED / "data")
    assert material.inputs.shape == (999, 496, 128)
    assert np.bincount(material.labels).tolist() == [100, 100, 100, 100, 100, 99, 100, 100, 100, 100]
    assert [material.splits.count(side) for side in ("train", "valid", "test")] == [442, 197, 290]
    assert np.isfinite(material.inputs).all()
    assert -60 < material.inputs.min() < material.inputs.max() < 30


def test_a_clip_front_end_takes_only_what_it_knows():
    from training.systems.clips import clip_front_end  # noqa: PLC0415

    table = {"windows_per_track": 2, "windows_per_label": 9, "n_mels": 64, "window_frames": 32}
    settings = clip_front_end(table)
    assert (settings.window_frames, settings.frames.bands, settings.loudness) == (32, 64, None)
    with pytest.raises(UsageError, match="mels"):
        clip_front_end({"mels": 64})
