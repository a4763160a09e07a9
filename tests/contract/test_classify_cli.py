"""`streamgenre classify` as scripts see it."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamgenre.capture.audio_paths import audio_paths
from streamgenre.cli.classify import _rows
from streamgenre.cli.options import Smoothing
from streamgenre.cli.output_file import output_file
from streamgenre.errors import StreamgenreError
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


def test_a_name_that_is_no_utf8_is_spelled_out_and_the_others_are_done(folder):
    odd = os.fsencode(folder) + b"/caf\xe9.wav"
    shutil.copy(folder / "sub" / "a.wav", odd)
    Path(os.fsdecode(os.fsencode(folder) + b"/br\xf6ken.wav")).write_bytes(b"nothing")
    for form in ("json", "csv", "table"):
        done = run("classify", folder, "--format", form)
        assert done.returncode == 1
        for word in ("caf\\xe9.wav", "br\\xf6ken.wav", "b tune.flac", "a.wav"):
            assert word in (done.stdout.replace("\\\\", "\\") if form == "json" else done.stdout)
        target = folder / f"rows.{form}"
        again = run("classify", folder, "--format", form, "--output", target)
        assert again.returncode == 1
        assert f"could not be read; {target} says why" in again.stderr
        assert target.read_text() == done.stdout


def test_control_characters_of_a_name_do_not_break_the_table(folder):
    (folder / "sub" / "a.wav").rename(folder / "sub" / "a\n\x1b[31m[red].wav")
    done = run("classify", folder / "sub")
    assert done.returncode == 0
    assert "a\\n\\x1b[31m[red].wav" in done.stdout
    assert len(done.stdout.splitlines()) == 2


def test_what_is_no_number_is_counted_and_told(folder):
    sound = tune(4.0, 16000)
    sound[1000:1010], sound[2000] = np.nan, -np.inf
    soundfile.write(folder / "sub" / "b.wav", sound, 16000, subtype="FLOAT")
    done = run("classify", folder / "sub", "--format", "json")
    assert done.returncode == 0
    clean, broken = json.loads(done.stdout)
    assert "not_finite_samples" not in clean
    assert broken["not_finite_samples"] == 11
    assert list(broken)[: len(KEYS) + 1] == [*KEYS, "not_finite_samples"]
    (line,) = done.stderr.splitlines()
    assert str(folder / "sub" / "b.wav") in line
    assert "11" in line


def test_a_folder_that_cannot_be_listed_is_a_row(folder, monkeypatch):
    (folder / "sub" / "again").symlink_to(folder)
    scandir = os.scandir

    def refusing(path):
        if Path(path) == folder / "sub":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    assert [found.path.name for found in audio_paths([folder])] == ["b tune.flac", "broken.mp3", "a.wav"]
    monkeypatch.setattr(os, "scandir", refusing)
    *_, refused = audio_paths([folder])
    assert refused.path == folder / "sub"
    assert "Permission denied" in str(refused.error)
    (row,) = _rows([refused], None, 0.5, Smoothing.hmm, 1)
    assert (row["path"], row["error"]) == (str(folder / "sub"), refused.error)


def write_half(target: Path) -> None:
    with output_file(target) as file:
        file.write("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_output_that_fails_leaves_what_was_there(tmp_path):
    target = tmp_path / "rows.csv"
    target.write_text("good")
    with pytest.raises(StreamgenreError, match="No space"):
        write_half(target)
    assert [target.read_text(), *(path.name for path in tmp_path.iterdir())] == ["good", "rows.csv"]
    with output_file(target) as file:
        file.write("better")
    assert target.read_text() == "better"


def test_a_damaged_file_is_heard_and_said_to_be(tmp_path):
    soundfile.write(tmp_path / "whole.flac", tune(9.0, 22050), 22050)
    whole = (tmp_path / "whole.flac").read_bytes()
    (tmp_path / "half.flac").write_bytes(whole[: len(whole) // 2])
    done = run("classify", tmp_path / "half.flac", "--format", "json")
    (row,) = json.loads(done.stdout)
    assert (done.returncode, row["error"]) == (0, None)
    assert "of 9.0 s declared" in row["damage"]
    assert "half.flac is not whole" in done.stderr


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
