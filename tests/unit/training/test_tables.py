from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from streamgenre.errors import StreamgenreError
from tests.support.shared import SHARED, needs_shared
from tests.unit.training.made_up_tables import TRACKS, write_tables
from training.systems.columns import LIVE_COLUMNS, chosen_columns, live_columns, natural_name
from training.systems.forests import ForestEstimator
from training.systems.levelling import Levelling
from training.systems.rebuilt_tracks import rebuild_tracks
from training.systems.tables import (
    read_table_3s,
    read_table_30s,
    rebuilt_figures,
    table_material,
)

GENRES = ("blues", "rock")


def test_columns_are_chosen_by_pattern_in_the_tables_order():
    chosen = chosen_columns(["mfcc2_*", "tempo", "rms_mean"])
    assert chosen == ("rms_mean", "mfcc2_mean", "mfcc2_var", "tempo")
    assert set(chosen) - set(LIVE_COLUMNS) == {"tempo"}


def test_a_pattern_that_matches_nothing_is_refused():
    with pytest.raises(ValueError, match="flux"):
        chosen_columns(["flux*"])


def test_a_stream_is_not_promised_what_it_cannot_have():
    with pytest.raises(ValueError, match="tempo"):
        live_columns(["*"])


@pytest.mark.parametrize(
    ("column", "name"),
    [("mfcc3_var", "MFCC 3, variance"), ("chroma_stft_mean", "chroma, mean"), ("tempo", "tempo")],
)
def test_columns_have_names_for_readers(column, name):
    assert natural_name(column) == name


def test_tracks_are_rebuilt_from_blocks_in_any_order(tmp_path):
    track_of = write_tables(tmp_path, GENRES, short_track=3)
    table, whole = read_table_3s(tmp_path / "gtzan_tables"), read_table_30s(tmp_path / "gtzan_tables")
    assert [table.tracks[t] for t in table.track_of] == [whole.tracks[t] for t in track_of]
    figures = rebuilt_figures(tmp_path / "gtzan_tables")
    assert figures["blues"]["blocks"] == TRACKS
    assert figures["blues"]["rows_that_other_columns_give_another_track"] == 0
    assert figures["blues"]["short_blocks_on_short_tracks"] == figures["blues"]["short_blocks"] == 1


def test_rows_that_are_no_blocks_are_refused():
    with pytest.raises(ValueError, match="divide into blocks"):
        rebuild_tracks(
            np.random.default_rng(0).normal(size=(13, 3)), np.random.default_rng(1).normal(size=(5, 3))
        )


def test_material_of_the_30s_table(tmp_path):
    write_tables(tmp_path, GENRES)
    material = table_material(tmp_path, "table_30s", ["mfcc*_mean"], (), -20.0)
    assert material.inputs.shape == (2 * TRACKS, 1, 20)
    assert material.front_end.frames.columns[:2] == ("rms_mean", "rms_var")
    assert material.credits[:3] == ("artist 0", "artist 3", "artist 1")
    papers = table_material(tmp_path, "table_30s", ["mfcc*_mean"], ["*"], -20.0)
    assert papers.inputs.shape[2] == 57
    assert papers.levelling is None


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(StreamgenreError, match="features_30_sec"):
        table_material(tmp_path, "table_30s", ["mfcc*"], (), -20.0)


def test_a_row_means_the_same_at_any_level():
    """Sound 12 dB louder: rms by 4, its variance by 16, the first MFCC by 12 √128."""
    wanted = ("rms_mean", "rms_var", "rolloff_mean", "mfcc1_mean", "mfcc2_mean")
    levelling = Levelling.of(wanted, -20.0)
    row = np.array([[[0.1, 0.002, 3000.0, -120.0, 80.0]]])
    louder = row * [10 ** (12 / 20), 10 ** (12 / 10), 1, 1, 1] + [0, 0, 0, 12 * 128**0.5, 0]
    assert np.allclose(levelling.rows(row), levelling.rows(louder), rtol=1e-6)
    power = levelling.rows(row)[0, 0, 0] ** 2 + levelling.rows(row)[0, 0, 1]
    assert 10 * np.log10(power) == pytest.approx(-20.0, abs=1e-4)


@pytest.mark.parametrize("kind", ["forest", "extra_trees"])
def test_the_graph_of_a_forest_says_what_the_forest_says(tmp_path, kind):
    write_tables(tmp_path, GENRES)
    material = table_material(tmp_path, "table_30s", ["mfcc*_mean", "rms*"], (), -20.0)
    table = {"kind": kind, "trees": 20, "min_split": 3, "max_depth": 26}
    forest = ForestEstimator(table, material.label_names)
    forest.fit(material, material, 0, tmp_path, lambda _done, _total: None)
    assert material.levelling is not None
    graph = onnxruntime.InferenceSession(material.levelling.graph(forest.onnx()))
    whole = read_table_30s(tmp_path / "gtzan_tables")
    heard = whole.chosen(material.levelling.heard)[:, None, :].astype(np.float32)
    (answers,) = graph.run(["genre"], {"windows": heard})
    assert np.allclose(answers, forest.posterior(material.inputs), atol=1e-5)
    assert np.allclose(answers.sum(axis=1), 1.0, atol=1e-5)
    assert forest.importances.sum() == pytest.approx(1.0)


def test_the_threshold_itself_goes_the_right_way(tmp_path):
    """Rows that lie exactly on a threshold in 64 bits must go the same way in 32."""
    generator = np.random.default_rng(3)
    write_tables(tmp_path, GENRES)
    material = table_material(tmp_path, "table_30s", ["mfcc*_mean"], (), -20.0)
    near = material.inputs + generator.choice([0, 1e-7, -1e-7], material.inputs.shape).astype(np.float32)
    forest = ForestEstimator({"kind": "forest", "trees": 30}, material.label_names)
    forest.fit(material, material, 0, tmp_path, lambda _done, _total: None)
    session = onnxruntime.InferenceSession(forest.onnx())
    (answers,) = session.run(["genre"], {"windows": near})
    assert np.allclose(answers, forest.posterior(near), atol=1e-5)


def test_an_unknown_key_of_a_forest_is_named():
    with pytest.raises(StreamgenreError, match="leaves"):
        ForestEstimator({"kind": "forest", "trees": 1, "leaves": 2}, ("a", "b"))


@pytest.mark.data
@needs_shared
def test_the_real_3s_table_gives_its_tracks_back():
    """Columns that took no part give the same tracks, but for two pairs that are one recording each."""
    figures = rebuilt_figures(SHARED / "data" / "gtzan_tables")
    assert set(figures) == {"blues", "classical", "hiphop", "pop", "rock"}
    for found in figures.values():
        assert found["blocks"] == 100
        assert found["short_blocks"] == found["short_blocks_on_short_tracks"]
    differ = {track for found in figures.values() for track in found["tracks_that_differ"]}
    assert differ == {"pop.00015", "pop.00022", "pop.00047", "pop.00080"}
