from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from streamgenre.errors import StreamgenreError
from tests.unit.training.made_up_tables import write_tables
from training.splits import artist_groups
from training.systems.measure import Answers, figures
from training.systems.protocol_words import in_words
from training.systems.protocols import divide, everything, shared_with_training
from training.systems.recipe import Trial
from training.systems.tables import table_material

GENRES = ("blues", "pop", "rock")


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_tables(folder, GENRES)
    return table_material(folder, "table_3s", ["mfcc*_mean"], (), -20.0)


def _tested(divisions):
    return np.sum([parts.test for parts in divisions], axis=0)


def test_random_rows_put_tracks_on_both_sides(material):
    divisions = divide(material, Trial("paper", "random_rows"), 0)
    assert (_tested(divisions) == 1).all()
    assert shared_with_training(material, divisions[0])["same_track"] == 1.0


def test_random_tracks_keep_tracks_apart_and_not_artists(material):
    divisions = divide(material, Trial("tracks", "random_tracks"), 0)
    assert (_tested(divisions) == 1).all()
    for parts in divisions:
        assert shared_with_training(material, parts)["same_track"] == 0.0
    assert max(shared_with_training(material, parts)["same_artist"] for parts in divisions) > 0


@pytest.mark.parametrize("protocol", ["fault_filtered", "artist_folds", "own_split"])
def test_honest_protocols_share_neither_track_nor_artist(material, protocol):
    artists = artist_groups(material.credits)[material.track_of]
    for parts in divide(material, Trial("honest", protocol), 0):
        assert shared_with_training(material, parts) == {"same_track": 0.0, "same_artist": 0.0}
        assert not set(artists[parts.validation]) & set(artists[parts.train])
        assert not set(artists[parts.validation]) & set(artists[parts.test])
        assert not (parts.train & parts.test).any()


def test_whoever_is_tested_is_left_out_of_training(material):
    (parts,) = divide(material, Trial("honest", "fault_filtered"), 0)
    trained = {material.tracks[track] for track in material.track_of[parts.train]}
    assert "blues.00000" in trained
    assert "blues.00001" not in trained


def test_a_genre_too_small_to_divide_is_said(material):
    few = material.rows(np.flatnonzero((material.labels != 0) | (material.track_of == material.track_of[0])))
    with pytest.raises(StreamgenreError, match="only 10 items"):
        divide(few, Trial("t", "random_rows", folds=11), 0)


def test_validation_is_where_the_trial_says(material):
    none, share, test = (
        divide(material, Trial("t", "random_rows", validation=where), 0)[0]
        for where in ("none", "share", "test")
    )
    assert not none.validation.any()
    assert share.validation.any()
    assert not (share.validation & (share.test | share.train)).any()
    assert (test.validation == test.test).all()


def test_the_same_seed_divides_alike_and_another_does_not(material):
    first, again, other = (divide(material, Trial("t", "artist_folds"), seed)[0].test for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_what_is_shipped_learns_from_all_but_a_tenth(material):
    parts = everything(material, 0)
    assert (parts.train | parts.validation).all()
    assert parts.train.mean() > 0.7


def test_a_split_that_is_not_there_is_said(tmp_path):
    write_tables(tmp_path, ("blues", "rock"))
    table = tmp_path / "gtzan_tables" / "tracks.csv"
    table.write_text(table.read_text().replace(",valid,", ",,"))
    without = table_material(tmp_path, "table_30s", ["mfcc*_mean"], (), -20.0)
    with pytest.raises(StreamgenreError, match="artist_folds"):
        divide(without, Trial("honest", "fault_filtered"), 0)
    assert len(divide(without, Trial("honest", "own_split", folds=3), 0)) == 3


def test_runs_are_told_in_words(material):
    assert "2 of 5" in in_words(Trial("t", "random_rows", runs=2), material)
    assert "5 folds by artist" in in_words(Trial("t", "artist_folds"), material)


def test_what_the_data_do_not_allow_is_not_promised(material):
    own, tracks = Trial("honest", "own_split"), len(material.tracks)
    assert in_words(own, material).startswith("the split that came with the data, less the training tracks")
    undivided = replace(material, splits=("train",) * tracks)
    assert "no artist" in in_words(own, undivided)
    assert "has only train and was not used" in in_words(own, undivided)
    nobody = in_words(own, replace(material, splits=("",) * tracks, credits=("",) * tracks))
    assert nobody.startswith("5 folds: no track on both sides; no artist is known")
    assert "by artist" not in nobody
    some = replace(material, credits=("", *material.credits[1:]))
    assert "1 track has no artist" in in_words(own, some)


def test_a_track_is_the_mean_of_its_windows(material):
    rows = np.flatnonzero(material.track_of == material.track_of[0])
    label = material.labels[rows[0]]
    posterior = np.full((len(rows), 3), 0.2, np.float32)
    posterior[:, label] = 0.6
    posterior[:4] = np.roll(posterior[:4], 1, axis=1)
    found = figures(material, [Answers(rows, posterior)])
    assert found["window"]["accuracy"][0] == pytest.approx(1 - 4 / len(rows), abs=1e-4)
    assert found["track"]["accuracy"][0] == 1.0
    assert found["track"]["accuracy"][3] == 1
    assert found["window"]["by_label"][material.label_names[label]]["precision"] == 1.0
