"""Own models through the command line: installed, heard, shown; what is wrong with one, told at the start."""

from __future__ import annotations

import hashlib
import json
import tomllib

import onnx
import pytest
import soundfile
from onnx.external_data_helper import convert_model_to_external_data

from tests.support.musicnn_like import write_musicnn_like
from tests.support.program import json_lines, run
from tests.support.sounds import tune
from tests.support.tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    path = tmp_path_factory.mktemp("song") / "a.wav"
    soundfile.write(path, tune(8.0, 16000), 16000)
    return path


@pytest.fixture
def folder(tmp_path):
    return write_tiny_model(tmp_path / "mine")


def test_an_essentia_model_is_installed_heard_verified_and_shown(tmp_path, song):
    home = {"XDG_DATA_HOME": str(tmp_path / "home")}
    added = run("models", "add", write_musicnn_like(tmp_path / "found"), "--name", "dances", **home)
    assert (added.returncode, added.stderr) == (0, "")
    assert "it gives 3 genres" in added.stdout
    assert "streamgenre listen --model dances SOURCE" in added.stdout
    heard = run("listen", "--model", "dances", song, "--as-fast-as-possible", **home)
    states = [line for line in json_lines(heard.stdout) if line["type"] == "state" and line["top"]]
    assert heard.returncode == 0
    assert {entry["label"] for entry in states[-1]["top"]} == {"waltz", "polka", "tango"}
    assert states[-1]["model"]["name"] == "dances"
    assert run("models", "verify", "dances", **home).returncode == 0
    shown = run("models", "show", "dances", **home).stdout
    assert "# accuracy  0.61 5-fold accuracy" in shown
    assert "only\n# whether the model still answers as it did then" in shown
    assert tomllib.loads(shown)["labels"]["genre"] == ["waltz", "polka", "tango"]
    assert json.loads(run("models", "show", "dances", "--json", **home).stdout) == tomllib.loads(shown)


def test_a_tag_model_is_installed_and_not_listened_with(tmp_path, song):
    home = {"XDG_DATA_HOME": str(tmp_path / "home")}
    added = run("models", "add", write_musicnn_like(tmp_path / "found", operator="Sigmoid"), **home)
    assert added.returncode == 0
    assert "it gives 3 tags" in added.stdout
    heard = run("listen", "--model", "ballroom-musicnn-1", song, **home)
    assert heard.returncode == 5
    assert "gives tags, not genres" in heard.stderr


def test_what_exists_is_refused_as_usage(tmp_path):
    path, home = write_musicnn_like(tmp_path / "found"), {"XDG_DATA_HOME": str(tmp_path / "home")}
    assert run("models", "add", path, **home).returncode == 0
    again = run("models", "add", path, **home)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert run("models", "add", path, "--name", "Waltz!", **home).returncode == 2


def test_a_graph_that_is_no_onnx_is_refused(tmp_path):
    (tmp_path / "model.pb").write_bytes(b"x")
    done = run("models", "add", tmp_path / "model.pb", XDG_DATA_HOME=str(tmp_path / "home"))
    assert done.returncode == 5
    assert "no ONNX graph" in done.stderr


def _card(old: str, new: str):
    def change(folder) -> None:
        card = folder / "card.toml"
        assert old in card.read_text()
        card.write_text(card.read_text().replace(old, new, 1))

    return change


def _bytes(change):
    """Change the graph's bytes, and its digest in the card."""

    def replace(folder) -> None:
        path = folder / "model.onnx"
        before = path.read_bytes()
        after = change(before)
        path.write_bytes(after)
        _card(hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest())(folder)

    return replace


def _proto(change):
    def changed(graph: bytes) -> bytes:
        model = onnx.load_from_string(graph)
        change(model)
        return model.SerializeToString()

    return _bytes(changed)


def _elsewhere(model: onnx.ModelProto) -> None:
    convert_model_to_external_data(model, location="model.onnx.data", size_threshold=0)
    for tensor in model.graph.initializer:
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL


def _half_precision(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        node.input[:] = ["single" if name == "windows" else name for name in node.input]
    cast = onnx.helper.make_node("Cast", ["windows"], ["single"], to=onnx.TensorProto.FLOAT)
    model.graph.node.insert(0, cast)
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT16


def _of_another_domain(model: onnx.ModelProto) -> None:
    model.opset_import.add(domain="com.acme", version=1)
    model.graph.node[0].domain = "com.acme"


def _logits(model: onnx.ModelProto) -> None:
    node = next(node for node in model.graph.node if node.name == "genre")
    node.op_type = "Identity"
    node.ClearField("attribute")


def _unlink(name: str):
    return lambda folder: (folder / name).unlink()


def _directory(folder) -> None:
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").mkdir()


WRONG = {
    "rate": (
        _proto(lambda model: onnx.helper.set_model_props(model, {"sample_rate": "16000"})),
        ("sample_rate", "8000 Hz", "16000 Hz"),
    ),
    "shape": (_card("n_mels = 3", "n_mels = 5"), ("input windows", "(N, 4, 5)", "'N', 4, 3")),
    "labels": (_card('"jazz", ', '"jazz", "pop", '), ("output genre", "(N, 3)", "'N', 2")),
    "missing output": (_card('gate = "gate"', 'gate = "speech"'), ("output speech", "genre, gate, tags")),
    "type": (_proto(_half_precision), ("input windows", "expected tensor(float)", "found tensor(float16)")),
    "checksum": (_card('sha256 = "', f'sha256 = "{"0" * 64}" # '), ("damaged or replaced", "000000000000…")),
    "opset": (
        _proto(lambda model: setattr(model.opset_import[0], "version", 99)),
        ("opset 99 of ai.onnx", "supports up to", "export the model again with opset"),
    ),
    "domain": (
        _proto(_of_another_domain),
        ("operator Flatten of the domain com.acme", "standard ONNX operators"),
    ),
    "operator": (
        _proto(lambda model: setattr(model.graph.node[0], "op_type", "Flattn")),
        ("operator Flattn", "opset 17", "standard ONNX operators"),
    ),
    "weights elsewhere": (_proto(_elsewhere), ("weights are not in the graph", "as_external_data=False")),
    "no graph": (_unlink("model.onnx"), ("cannot read the model's graph", "No such file")),
    "no card": (_unlink("card.toml"), ("cannot read the model's card", "No such file")),
    "unreadable": (_directory, ("cannot read the model's graph", "Is a directory")),
    "cut short": (_bytes(lambda graph: graph[:300]), ("no ONNX graph, or one cut short",)),
    "newer card": (_card("card = 1", "card = 9"), ("expected format 1", "found 9; update streamgenre")),
    "loudness": (_card("target_dbfs = -20", "target_dbfs = 40"), ("loudness.target_dbfs", "-60 to 0", "40")),
    "labels alike": (_card('"jazz"', '"rock"'), ("labels.genre", "each once", "'rock'")),
    "logits": (
        _proto(_logits), ("output genre: genre are probabilities, 0 to 1, found", "softmax"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_at_the_start(folder, song, wrong):
    change, told = WRONG[wrong]
    change(folder)
    done = run("listen", "--model", folder, song, "--as-fast-as-possible")
    assert (done.returncode, done.stdout) == (5, "")
    assert 1 <= len(done.stderr.splitlines()) <= 2
    assert done.stderr.startswith(f"streamgenre: {folder}")
    for words in told:
        assert words in done.stderr


def test_weights_that_lie_in_the_working_directory_are_not_taken(folder, song, monkeypatch):
    model = onnx.load(folder / "model.onnx")
    onnx.save(
        model, folder / "split.onnx", save_as_external_data=True, location="model.onnx.data", size_threshold=0
    )
    split = (folder / "split.onnx").read_bytes()
    _bytes(lambda _graph: split)(folder)
    monkeypatch.chdir(folder)
    done = run("listen", "--model", folder, song)
    assert done.returncode == 5
    assert "save it as one file" in done.stderr


@pytest.mark.parametrize("given", ["file", "nothing"])
def test_a_model_that_is_no_folder_is_told(folder, song, given):
    path = folder / "model.onnx" if given == "file" else folder / "nowhere"
    done = run("listen", "--model", path, song)
    assert done.returncode == 5
    assert ("streamgenre models add" if given == "file" else "no such folder") in done.stderr
