"""`streamgenre fleet classify` as scripts see it, as far as no cluster is needed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from streamgenre import __version__
from streamgenre.classify.registry import load_genre_model
from streamgenre.fleet.archive.journal import JOURNAL
from streamgenre.fleet.archive.run import open_folder
from streamgenre.fleet.archive.task import Answer, ArchiveFile, Manner
from streamgenre.publish.classification import row_of_failure
from tests.support.program import run

WITHOUT_RAY = 'import sys\nsys.modules["ray"] = None\n'
needs_ray = pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="Ray is not installed")


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "broken.mp3").write_bytes(b"no music here" * 50)
    return folder


def test_without_ray_it_says_how_to_install_it_and_all_else_works(music: Path, tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_RAY)
    without = {"PYTHONPATH": str(tmp_path)}
    done = run("fleet", "classify", music, "--output", tmp_path / "out", **without)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "streamgenre: fleet needs Ray: pip install 'streamgenre[fleet]'\n"
    assert not (tmp_path / "out").exists()
    for words in (["fleet", "--help"], ["fleet", "classify", "--help"], ["classify", "--help"]):
        assert run(*words, **without).returncode == 0
    assert run("classify", music, "--format", "json", **without).returncode == 1


@needs_ray
@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["music", "-o", "out", "--address", "somewhere"], 2, "--address somewhere: it must be auto, local"),
        (["music", "-o", "music"], 2, "music holds other things (broken.mp3); name a new folder"),
        (["empty", "-o", "out"], 2, "no audio file in empty"),
        (["music"], 2, "--output"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_begun(
    music: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, told: str
):
    monkeypatch.chdir(music.parent)
    Path("empty").mkdir()
    done = run("fleet", "classify", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@needs_ray
def test_a_cluster_that_does_not_answer_is_told_and_the_journal_stays(music: Path, tmp_path: Path):
    address = "127.0.0.1:1"
    done = run("fleet", "classify", music, "--output", tmp_path / "out", "--address", address)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no Ray cluster answers at {address}; start its head there (ray start --head)" in done.stderr
    assert (tmp_path / "out" / JOURNAL).exists()


@needs_ray
def test_what_is_done_needs_no_cluster_to_be_written_in_another_form(music: Path, tmp_path: Path):
    file = ArchiveFile.at(str(music / "broken.mp3"))
    sha256 = load_genre_model("genre-light").identity.sha256
    stamp = Manner("genre-light", sha256, 1.0, "vote", __version__).stamp()
    with open_folder(tmp_path / "out") as journal:
        journal.add(Answer(file, "broken", row_of_failure(file.path, "no sound"), "head"), stamp)
    words = ["--model", "genre-light", "--hop", "1", "--smoothing", "vote", "--format", "json"]
    done = run("fleet", "classify", music, "--output", tmp_path / "out", *words, RAY_ADDRESS="127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    (row,) = json.loads((tmp_path / "out" / "results.json").read_text())
    assert row == row_of_failure(file.path, "no sound")
    assert done.stderr.splitlines() == [
        f"streamgenre: 0 of 1 files were heard now; the results are in {tmp_path}/out/results.json",
        f"streamgenre: 1 of 1 failed; {tmp_path}/out/failed.csv says why",
    ]
