"""What a worker process does with a file, without the cluster around it."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from streamgenre import __version__, classify
from streamgenre.classify.registry import load_genre_model
from streamgenre.fleet.archive.listing import Refused, listed
from streamgenre.fleet.archive.task import Answer, ArchiveFile, Manner
from streamgenre.fleet.archive.witness import Witness
from streamgenre.fleet.archive.worker import ArchiveWorker
from streamgenre.publish.classification import row_of
from tests.support.sounds import tune


@pytest.fixture(scope="module")
def manner() -> Manner:
    sha256 = load_genre_model("genre-light").identity.sha256
    return Manner("genre-light", sha256, 1.0, "ema", __version__)


@pytest.fixture
def song(tmp_path: Path) -> ArchiveFile:
    soundfile.write(tmp_path / "song.wav", tune(4.0, 22050), 22050)
    return ArchiveFile.at(str(tmp_path / "song.wav"))


def test_a_row_is_that_of_classify(manner: Manner, song: ArchiveFile):
    (told,) = ArchiveWorker(manner, Witness())({"task": [song.to_json()]})["answer"]
    found = Answer.from_json(told)
    assert (found.file, found.outcome, found.machine) == (song, "heard", socket.gethostname())
    expected = row_of(classify(song.path, model="genre-light", hop_seconds=1.0, smoothing="ema"))
    assert (found.row, list(found.row)) == (expected, list(expected))
    assert json.loads(told)["row"] == expected


def test_what_is_no_sound_is_a_row(manner: Manner, tmp_path: Path):
    (tmp_path / "broken.mp3").write_bytes(b"no music here" * 50)
    found = ArchiveWorker(manner, Witness()).answer(ArchiveFile.at(str(tmp_path / "broken.mp3")))
    assert found.outcome == "broken"
    assert "broken.mp3 is not audio" in found.row["error"]


def test_a_file_that_ended_two_processes_is_not_tried_again(manner: Manner, song: ArchiveFile):
    witness = Witness()
    assert witness.begin(song.path, "one") == []
    assert ArchiveWorker(manner, witness).answer(song).outcome == "heard"
    witness.begin(song.path, "one")
    witness.begin(song.path, "two")
    found = ArchiveWorker(manner, witness).answer(song)
    assert found.outcome == "crashed"
    assert "the process that heard it died 2 times, on one and two" in found.row["error"]
    assert witness.begin(song.path, "three") == []


def test_a_file_that_is_not_there_is_told_with_the_machine(manner: Manner, song: ArchiveFile):
    Path(song.path).unlink()
    found = ArchiveWorker(manner, Witness()).answer(song)
    assert (found.outcome, found.file) == ("unseen", song)
    where = f"No such file or directory on the machine {socket.gethostname()}; every machine must see"
    assert where in found.row["error"]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"version": "0.0.1"}, "not 0.0.1; install the same"),
        ({"sha256": "0" * 64}, "its model genre-light is another one"),
        ({"model": "nowhere"}, "no model is called 'nowhere'"),
    ],
)
def test_a_machine_with_something_else_installed_hears_nothing(
    manner: Manner, song: ArchiveFile, other: dict[str, str], why: str
):
    found = ArchiveWorker(replace(manner, **other), Witness()).answer(song)  # type: ignore[arg-type]
    assert found.outcome == "unfit"
    assert f"the machine {socket.gethostname()} cannot take part: " in found.row["error"]
    assert why in found.row["error"]


def test_a_listing_has_every_path_absolute_and_once(
    song: ArchiveFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    found = listed([Path("song.wav"), tmp_path, Path("gone.wav")])
    assert found[0] == song
    assert [one.path for one in found[1:] if isinstance(one, Refused)] == [str(tmp_path / "gone.wav")]
    assert len(found) == 2
