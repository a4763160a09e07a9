from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

import training.__main__ as program
from streamgenre.classify import load_model
from streamgenre.errors import UsageError
from tests.unit.training.made_up_tables import write_tables, write_tone
from training.systems import evaluation, recipe, report, runs
from training.systems.job import Job
from training.systems.materials import Source
from training.systems.recipe import Paper, SystemRecipe, Trial, is_system, read_system, recipe_names

GENRES = ("blues", "pop", "rock")
FOREST = SystemRecipe(
    name="c2",
    title="a small forest",
    paper=Paper("all of it", "a forest", "made-up numbers"),
    data={"kind": "table_3s", "columns": ["mfcc*_mean", "rms_mean"], "paper_columns": ["*"]},
    estimator={"kind": "forest", "trees": 8},
    grid={"trees": [2, 4]},
    trials=(
        Trial("paper", "random_rows", validation="none", columns="paper"),
        Trial("honest", "fault_filtered"),
        Trial("honest, folds by artist", "artist_folds", folds=3, validation="none"),
    ),
)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A system taken from its tables to its folder, once for all tests here."""
    folder = tmp_path_factory.mktemp("systems")
    write_tables(folder / "data", GENRES)
    job = Job(FOREST, Source(folder / "data"), folder / "results" / "c2", folder / "models" / "c2")
    job.prepare()
    job.evaluate()
    job.export()
    return job


def test_results_are_figures_and_pictures(done):
    told = json.loads((done.results / "results.json").read_text())
    paper, honest = told["trials"]["paper"], told["trials"]["honest"]
    assert paper["tested_rows_trained_on"]["same_track"] == 1.0
    assert honest["tested_rows_trained_on"] == {"same_track": 0.0, "same_artist": 0.0}
    assert paper["inputs"] == [1, 53]
    assert honest["inputs"] == [1, 21]
    assert paper["window"]["accuracy"][3] == paper["rows"] == 360
    assert paper["window"]["accuracy"][0] > honest["window"]["accuracy"][0]
    assert set(honest["by_acquaintance"]) == {"neither"}
    assert sum(map(sum, honest["track"]["confusion"])) == honest["track"]["accuracy"][3]
    assert [row["trees"] for row in told["grid"]]
    assert list(told["importances"].values()) == sorted(told["importances"].values(), reverse=True)
    assert {path.name for path in done.results.glob("*.png")} == {"confusion.png", "importances.png"}


def test_the_model_answers_as_its_golden_vectors(done):
    model = load_model(done.model)
    with np.load(done.model / "golden.npz") as golden:
        assert np.allclose(model.scores(golden["windows"]), golden["genre"], atol=1e-4)
    assert model.labels == GENRES
    card = (done.model / "card.toml").read_text()
    assert "no artist and no track on both sides" in card


def test_what_is_done_is_not_done_again(done, monkeypatch):
    file = done.results / "results.json"
    before = file.read_text()
    monkeypatch.setattr(runs, "build_estimator", lambda *_: pytest.fail("trained again"))
    told = evaluation.evaluate_system(replace(FOREST, grid={}), done.source, done.results)
    file.write_text(before)  # the other tests look at it, in any order
    assert told["trials"] == json.loads(before)["trials"]


def test_the_report_fills_its_places_and_nothing_else(done, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "recipe_names", lambda: ("c2", "a1"))
    document = tmp_path / "models.md"
    places = "\n".join(
        f"<!-- {p}: begin -->left over<!-- {p}: end -->" for p in ("systems", "trials", "leaks", "details")
    )
    document.write_text(f"# Before\n{places}\nafter\n")
    results = done.results.parent
    assert report.write_report(results, done.model.parent, document) == ["a1"]
    text = document.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith("after\n")
    assert "left over" not in text
    assert "| **C2** | a small forest | all of it |" in text
    assert (tmp_path / "models" / "c2-confusion.png").stat().st_size < 150_000


def test_a_folder_of_audio_takes_the_place_of_the_tables(tmp_path):
    for genre, seed in (("blues", 0), ("rock", 50)):
        for number in range(6):
            write_tone(tmp_path / "mine" / "genres" / genre / f"{number}.wav", seed + number, seconds=3.1)
    recipe = FOREST.for_own_audio()
    job = Job(recipe, Source(tmp_path / "mine"), tmp_path / "results", tmp_path / "model")
    job.evaluate()
    told = json.loads((tmp_path / "results" / "results.json").read_text())
    assert told["trials"]["paper"]["labels"] == ["blues", "rock"]
    assert told["trials"]["honest"]["tested_rows_trained_on"] == {"same_track": 0.0, "same_artist": 0.0}
    assert load_model(job.export()).labels == ("blues", "rock")
    card, provenance = ((tmp_path / "model" / file).read_text() for file in ("card.toml", "PROVENANCE.md"))
    assert "of unheard tracks, no artist is known" in card
    assert "whose_artist" not in card
    assert "GTZAN" not in provenance
    assert not (tmp_path / "model" / "LICENSE").exists()


def test_results_of_other_data_are_kept_apart(tmp_path):
    (tmp_path / "mine" / "genres").mkdir(parents=True)
    job = Job.of("c2", tmp_path / "mine", tmp_path / "results", tmp_path / "models")
    assert job.results == tmp_path / "results" / "c2-mine"
    assert job.model == tmp_path / "results" / "c2-mine" / "model"


def test_recipes_tell_which_kind_they_are():
    assert {"a1", "a2", "a3", "b1", "b2", "c1", "c2", "c3", "d1", "e1", "e2", "e3"} <= set(recipe_names())
    assert not is_system("genre")
    for name in recipe_names():
        if is_system(name):
            trials = {trial.name for trial in read_system(name).trials}
            assert {"paper", "honest"} <= trials


def test_an_unknown_key_is_named(tmp_path, monkeypatch):
    (tmp_path / "x.toml").write_text('title = "x"\ncolour = "red"\n[estimator]\nkind = "forest"\n')
    monkeypatch.setattr(recipe, "RECIPES", tmp_path)
    with pytest.raises(UsageError, match="colour"):
        read_system("x")


def test_missing_data_end_the_program_with_a_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["training", "evaluate", "c2", "--data", str(tmp_path / "gone")])
    assert program.main() == 1
    assert "no such file or folder" in capsys.readouterr().err


def test_a_recipe_without_its_clips_ends_with_a_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["training", "prepare", "genre", "--data", str(tmp_path)])
    assert program.main() == 1
    assert "manifest.csv: no such file" in capsys.readouterr().err


def test_an_interruption_is_told(monkeypatch, capsys, tmp_path):
    def interrupted(_: Job) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Job, "evaluate", interrupted)
    monkeypatch.setattr(sys, "argv", ["training", "evaluate", "c2", "--data", str(tmp_path)])
    assert program.main() == 130
    assert "goes on from here" in capsys.readouterr().err
