from __future__ import annotations

import json

import pytest

from streamgenre.classify.essentia_metadata import read_essentia_metadata
from streamgenre.errors import ModelError
from tests.support.musicnn_like import metadata


@pytest.fixture
def write(tmp_path):
    def write(values: object) -> object:
        path = tmp_path / "model.json"
        path.write_text(values if isinstance(values, str) else json.dumps(values))
        return path

    return write


def _schema(values, part, **changes):
    values["schema"][part][0] |= changes
    return values


def test_a_softmax_is_a_genre_model_with_labels_in_lower_case(write):
    found = read_essentia_metadata(write(metadata()))
    assert (found.role, found.labels) == ("genre", ("waltz", "polka", "tango"))
    assert (found.input_name, found.output_name) == ("model/Placeholder", "model/Softmax")
    assert found.provenance == (
        "Ballroom dances by A. Dancer <dancer@models.example>, 2024-05-06, "
        "https://models.example/ballroom-musicnn-1.onnx, trained on Ballroom clips"
    )
    assert found.accuracy["5-fold accuracy"] == 0.61
    assert "not measured here" in found.accuracy["protocol"]


def test_a_sigmoid_gives_tags_as_they_are_written(write):
    found = read_essentia_metadata(write(metadata("Sigmoid", ("Waltz", "Hip-Hop"))))
    assert (found.role, found.labels) == ("tags", ("Waltz", "Hip-Hop"))


def test_older_metadata_without_purposes_and_inference_is_read(write):
    values = metadata()
    del values["inference"]
    for output in values["schema"]["outputs"]:
        del output["output_purpose"], output["op"]
    assert read_essentia_metadata(write(values)).output_name == "model/Softmax"


@pytest.mark.parametrize("batch", [1, 64, "batch_size"])
def test_a_batch_in_the_shape_is_no_matter(write, batch):
    shape = [batch, 187, 96]
    assert read_essentia_metadata(write(_schema(metadata(), "inputs", shape=shape))).role == "genre"


@pytest.mark.parametrize(
    ("changes", "licence"),
    [
        ({}, "not stated"),
        ({"license": "MIT"}, "MIT"),
        ({"link": "https://essentia.upf.edu/models/x.onnx"}, "CC BY-NC-SA 4.0, as essentia.upf.edu/models"),
    ],
)
def test_the_licence_is_the_stated_one(write, changes, licence):
    assert read_essentia_metadata(write(metadata(**changes))).licence.startswith(licence)


def test_texts_become_one_printable_line(write):
    found = read_essentia_metadata(write(metadata(name="a\x7fb\n\ud800c", author=None)))
    assert found.title == "a b c"
    assert "not stated <dancer@models.example>" in found.provenance


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (_schema(metadata(), "inputs", shape=[96, 64]), r"model/Placeholder \[96, 64\]: not supported"),
        (_schema(metadata(), "inputs", shape=["batch", 128, 96]), r"128, 96\]: not supported"),
        (
            _schema(metadata(), "inputs", shape=[200]),
            r"\[200\]; embeddings of another model\?: not supported",
        ),
        (_schema(metadata(), "inputs", shape=None), "None: not supported"),
        (
            _schema(metadata(), "outputs", op="Identity"),
            r"model/Softmax \(Identity, predictions\).*: not supp",
        ),
        (_schema(metadata(), "outputs", shape=[1, 8]), r"classes: 3 of them, .* has shape \[1, 8\]"),
        (_schema(metadata(), "outputs", name=None), r"schema\.outputs: expected tensors with a name"),
        (metadata(inference={"algorithm": "TensorflowPredictVGGish"}), "'TensorflowPredictVGGish': not supp"),
        (metadata(inference={"sample_rate": 44100}), r"inference\.sample_rate: 44100: not supported"),
        (metadata(inference={"embedding_model": {}}), "another model's embeddings: not supported"),
        (metadata(schema={"inputs": [], "outputs": []}), r"schema\.inputs: expected a list of tensors"),
        (metadata(schema=3), "schema: expected a table"),
        ({"name": "x"}, "schema: expected a table, found nothing"),
        ([1], "expected a JSON object"),
        ("{", "not valid JSON"),
    ],
)
def test_what_is_not_supported_is_named(write, values, told):
    path = write(values)
    with pytest.raises(ModelError, match=told) as caught:
        read_essentia_metadata(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    if "not supp" in told:
        assert "187 × 96 mel values at 16 kHz" in str(caught.value)
