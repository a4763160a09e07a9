from __future__ import annotations

import json
import tomllib

import numpy as np
import pytest

from streamgenre.classify import load_model
from streamgenre.classify.golden import verify_model
from streamgenre.classify.install import install_model
from streamgenre.classify.registry import user_models_folder
from streamgenre.errors import ModelError, UsageError
from tests.support.musicnn_like import metadata, musicnn_like_graph, write_musicnn_like
from tests.support.tiny_model import write_tiny_model


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.delenv("STREAMGENRE_MODELS", raising=False)


def _installed() -> list[str]:
    folder = user_models_folder()
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_file_with_metadata_becomes_a_model(tmp_path):
    card = install_model(write_musicnn_like(tmp_path / "found"))
    assert card.name == "ballroom-musicnn-1"
    model = load_model("ballroom-musicnn-1")
    assert model.labels == ("waltz", "polka", "tango")
    windows = np.random.default_rng(1).uniform(0, 5, (2, 187, 96)).astype(np.float32)
    np.testing.assert_allclose(model.scores(windows).sum(axis=1), 1, atol=1e-5)
    assert verify_model("ballroom-musicnn-1").passed
    files = {path.name for path in (user_models_folder() / "ballroom-musicnn-1").iterdir()}
    assert files == {"card.toml", "ballroom-musicnn-1.onnx", "golden.npz", "metadata.json"}


def test_predictions_by_sigmoid_are_tags(tmp_path):
    path = write_musicnn_like(tmp_path, operator="Sigmoid")
    card = install_model(path)
    assert card.genre is None
    assert card.tags is not None
    assert card.tags.labels == ("Waltz", "Polka", "Tango")


@pytest.mark.parametrize(
    "names", [("model/Placeholder:0", "model/Softmax:0"), ("melspectrogram", "activations")]
)
def test_an_export_that_renamed_its_tensors_is_understood(tmp_path, names):
    graph = musicnn_like_graph(names=names)
    install_model(write_musicnn_like(tmp_path, graph=graph))
    assert load_model("ballroom-musicnn-1").card.input_name == names[0]


def test_a_folder_with_one_graph_and_its_metadata_will_do(tmp_path):
    write_musicnn_like(tmp_path / "found")
    assert install_model(tmp_path / "found", "dances").name == "dances"
    assert load_model("dances").card.name == "dances"


def test_a_card_of_the_same_stem_is_found(tmp_path):
    folder = write_tiny_model(tmp_path / "tiny")
    (folder / "card.toml").rename(folder / "model.toml")
    install_model(folder / "model.onnx")
    assert verify_model("tiny").windows == 3
    assert "made at installation" in (user_models_folder() / "tiny" / "card.toml").read_text()


def test_another_name_leaves_the_rest_of_the_card_alone(tmp_path):
    folder = write_tiny_model(tmp_path / "tiny")
    card = folder / "card.toml"
    card.write_text(f"# mine\n{card.read_text()}\n[accuracy]\nname = 'kept'\nwhen = 2026-01-02\n")
    install_model(folder, "other")
    text = (user_models_folder() / "other" / "card.toml").read_text()
    assert text.startswith("# mine")
    assert tomllib.loads(text) == tomllib.loads(card.read_text()) | {"name": "other"}


@pytest.mark.parametrize("kept", ["", "[tolerance]\n", "[tolerance]\ngenre = 0.5\n"])
def test_vectors_are_made_where_there_are_none(tmp_path, kept):
    folder = write_tiny_model(tmp_path / "tiny")
    (folder / "golden.npz").unlink()
    card = folder / "card.toml"
    card.write_text(card.read_text().split("[tolerance]")[0] + kept)
    install_model(folder)
    report = verify_model("tiny")
    assert report.passed
    assert len(report.checks) == (1 if "genre" in kept else 3)


def test_a_model_that_answers_otherwise_than_its_vectors_is_refused(tmp_path):
    folder = write_tiny_model(tmp_path / "tiny", genre=np.zeros((3, 2), np.float32))
    with pytest.raises(ModelError, match=r"golden\.npz: the model answers otherwise here: genre by"):
        install_model(folder)
    assert _installed() == []


def test_answers_that_are_no_probabilities_are_refused(tmp_path):
    path = write_musicnn_like(
        tmp_path, graph=musicnn_like_graph("Identity", names=("model/Placeholder", "model/Softmax"))
    )
    with pytest.raises(ModelError, match=r"model/Softmax: genre are probabilities, 0 to 1, found .*softmax"):
        install_model(path)
    graph = musicnn_like_graph("Sigmoid", names=("model/Placeholder", "model/Softmax"))
    with pytest.raises(ModelError, match=r"genre probabilities sum to 1, found .* call the output tags"):
        install_model(write_musicnn_like(tmp_path, graph=graph))
    assert _installed() == []


def test_what_exists_is_left_alone(tmp_path):
    path = write_musicnn_like(tmp_path)
    install_model(path)
    with pytest.raises(UsageError, match=r"exists already; .*--name"):
        install_model(path)
    with pytest.raises(UsageError, match=r"a model called genre exists already"):
        install_model(path, "genre")
    assert _installed() == ["ballroom-musicnn-1"]


def test_a_name_of_other_letters_is_usage(tmp_path):
    with pytest.raises(UsageError, match="'My Model': expected lower-case letters"):
        install_model(write_musicnn_like(tmp_path), "My Model")


def test_a_graph_of_another_shape_than_its_metadata_is_refused(tmp_path):
    path = write_musicnn_like(tmp_path, graph=musicnn_like_graph(window=(128, 96), names=("mel", "out")))
    with pytest.raises(
        ModelError, match=r"input model/Placeholder: .* \(N, 187, 96\), the graph has mel \['N', 128"
    ):
        install_model(path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing.onnx", "no such file or folder; expected"),
        ("model.pb", r"\.pb is no ONNX graph; Essentia publishes"),
        ("alone.onnx", r"expected alone\.toml, card\.toml or alone\.json"),
        ("empty", r"empty/card\.toml: cannot read the model's card"),
    ],
)
def test_what_is_no_model_is_told(tmp_path, name, told):
    (tmp_path / "empty").mkdir()
    for file in ("model.pb", "alone.onnx"):
        (tmp_path / file).write_bytes(b"x")
    with pytest.raises(ModelError, match=told):
        install_model(tmp_path / name)


def test_a_card_for_another_graph_is_refused(tmp_path):
    folder = write_tiny_model(tmp_path / "tiny")
    (folder / "model.onnx").rename(folder / "other.onnx")
    with pytest.raises(ModelError, match=r"graph\.file: expected 'other\.onnx', found 'model\.onnx'"):
        install_model(folder / "other.onnx")


def test_metadata_that_says_the_same_label_twice_is_refused(tmp_path):
    path = write_musicnn_like(tmp_path)
    path.with_suffix(".json").write_text(json.dumps(metadata(classes=("Waltz", "waltz", "Tango"))))
    with pytest.raises(ModelError, match=r"json: labels\.genre: .* each once, found 'waltz'"):
        install_model(path)
