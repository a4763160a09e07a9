"""`streamgenre classify` as scripts see it."""

from __future__ import annotations

import csv
import io
import json

import pytest
import soundfile

from tests.support.program import run
from tests.support.sounds import silence, tune

KEYS = ["path", "seconds", "status", "genre", "confidence", "top", "tags", "segments", "short", "error"]


@pytest.fixture
def folder(tmp_path):
    soundfile.write(tmp_path / "b tune.flac", tune(5.0, 22050), 22050)
    (tmp_path / "sub").mkdir()
    soundfile.write(tmp_path / "sub" / "a.wav", silence(3.0, 8000), 8000)
    (tmp_path / "broken.mp3").write_bytes(b"no music here" * 50)
    (tmp_path / "notes.txt").write_text("left alone")
    return tmp_path


def test_a_broken_file_is_a_row_and_the_others_are_done(folder):
    done = run("classify", folder, "--format", "json", "--jobs", "2")
    assert done.returncode == 1
    rows = json.loads(done.stdout)
    assert [row["path"].removeprefix(f"{folder}/") for row in rows] == [
        "b tune.flac",
        "broken.mp3",
        "sub/a.wav",
    ]
    tune_row, broken, quiet = rows
    assert all([key for key in row if key != "reason"] == KEYS for row in rows)
    assert (tune_row["seconds"], tune_row["error"]) == (5.0, None)
    assert len(tune_row["top"]) == 11
    assert tune_row["segments"][0]["start_seconds"] == 0.0
    assert (quiet["status"], quiet["genre"], quiet["reason"]) == ("silence", None, "digital zero")
    assert "broken.mp3" in broken["error"]
    assert (broken["status"], broken["top"]) == (None, [])


def test_csv_and_output_file(folder):
    target = folder / "genres.csv"
    done = run("classify", folder / "sub", "--format", "csv", "--output", target)
    assert (done.returncode, done.stdout) == (0, "")
    (row,) = csv.DictReader(io.StringIO(target.read_text()))
    assert list(row) == KEYS
    assert (row["status"], row["genre"], row["short"]) == ("silence", "", "false")


def test_table_names_every_file(folder):
    done = run("classify", folder, "--timeline", NO_COLOR="1")
    assert done.returncode == 1
    for word in ("b tune.flac", "broken.mp3", "silence"):
        assert word in done.stdout


def test_missing_file_is_a_row_and_nothing_to_do_is_usage(tmp_path):
    done = run("classify", tmp_path / "none.wav", "--format", "json")
    assert done.returncode == 1
    assert "none.wav" in json.loads(done.stdout)[0]["error"]
    assert run("classify", tmp_path).returncode == 2
    assert run("classify", tmp_path, "--output", tmp_path / "no" / "such" / "folder.csv").returncode == 2
