from __future__ import annotations

import os
import subprocess
import sys

import pytest

from streamgenre.classify import load_model
from streamgenre.classify.registry import find_model, list_models, load_genre_model, user_models_folder
from streamgenre.errors import ModelError
from tests.support.tiny_model import write_tiny_model


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("STREAMGENRE_MODELS", str(tmp_path / "a") + os.pathsep + str(tmp_path / "b"))


def test_shipped_models_are_found_by_name():
    assert {"msd_musicnn", "mtt_musicnn"} <= set(list_models())


def test_the_folders_of_the_environment_come_first_and_in_order(tmp_path):
    for place in ("b", "a", "share/streamgenre/models"):
        write_tiny_model(tmp_path / place / "mine")
    assert find_model("mine") == tmp_path / "a" / "mine"
    write_tiny_model(tmp_path / "b" / "msd_musicnn")
    assert find_model("msd_musicnn") == tmp_path / "b" / "msd_musicnn"


def test_a_users_own_models_are_found(tmp_path):
    write_tiny_model(user_models_folder() / "mine")
    assert find_model("mine") == tmp_path / "share" / "streamgenre" / "models" / "mine"


def test_a_folder_is_taken_as_it_is(tmp_path):
    assert load_model(write_tiny_model(tmp_path / "elsewhere")).card.name == "elsewhere"


def test_an_unknown_name_is_answered_with_the_nearest_and_all():
    with pytest.raises(
        ModelError, match=r"'msd_musicn'; did you mean msd_musicnn\? There are: .*mtt_musicnn"
    ):
        load_model("msd_musicn")


@pytest.mark.parametrize("text", ["./nowhere", "/nowhere/at/all"])
def test_a_path_that_is_no_folder_is_told_as_one(text):
    with pytest.raises(ModelError, match="no such folder"):
        load_model(text)


def test_a_folder_without_a_card_is_no_model(tmp_path):
    with pytest.raises(ModelError, match=r"card\.toml: cannot read"):
        load_model(tmp_path)


def test_a_loaded_model_is_shared_until_its_files_change(tmp_path):
    folder = write_tiny_model(tmp_path / "mine")
    first = load_model(folder)
    assert load_model(str(folder)) is first
    card = folder / "card.toml"
    card.write_text(card.read_text().replace('version = "1"', 'version = "22"'))
    assert load_model(folder).card.version == "22"


def test_a_tag_model_is_refused_for_listening(tmp_path):
    folder = write_tiny_model(tmp_path / "tagger", {"tags": ("guitar", "piano")})
    with pytest.raises(ModelError, match="gives tags, not genres; choose another with --model"):
        load_genre_model(folder)


def test_naming_models_does_not_wait_for_onnx_runtime():
    code = "import sys; from streamgenre.classify import load_model; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_file_is_told_from_a_folder(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"net\.onnx: a file; .* streamgenre models add .*net\.onnx"):
        load_model(tmp_path / "net.onnx")


def test_a_link_to_nowhere_is_a_missing_graph(tmp_path):
    folder = write_tiny_model(tmp_path / "mine")
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").symlink_to(tmp_path / "gone")
    with pytest.raises(ModelError, match="cannot read the model's graph"):
        load_model(folder)


def test_a_half_copied_model_is_not_listed(tmp_path):
    write_tiny_model(tmp_path / "a" / "mine").rename(tmp_path / "a" / ".mine-1.part")
    assert ".mine-1.part" not in list_models()
