from __future__ import annotations

import csv

import pytest

from streamgenre.errors import StreamgenreError
from streamgenre.settings import FrontEndSettings, LogMelSettings
from tests.unit.training.made_up_tables import write_tables, write_tone
from training.systems.audio_folder import audio_material
from training.systems.layouts import list_audio, plain_label

FRONT_END = FrontEndSettings(LogMelSettings(n_mels=32), window_frames=42, loudness=None)
NOWHERE = "no-tables"


def _fma(root):
    metadata = root / "fma_metadata"
    metadata.mkdir()
    tracks = [
        ("2", "Ada", "training", "small", "Hip-Hop"),
        ("5", "Otto", "validation", "small", "Rock"),
        ("10", "Ida", "test", "small", ""),
        ("140", "Uwe", "test", "small", "Electronic"),
    ]
    with (metadata / "tracks.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["", "artist", "set", "set", "track"])
        rows.writerow(["", "name", "split", "subset", "genre_top"])
        rows.writerow(["track_id", "", "", "", ""])
        rows.writerows(tracks)
    for number in (2, 5, 10):
        write_tone(root / "fma_small" / "000" / f"{number:06}.mp3", number)


def test_gtzan_as_it_is_published(tmp_path):
    write_tables(tmp_path / "known", ("blues", "rock"))
    write_tone(tmp_path / "genres" / "blues" / "blues.00000.wav", 1)
    write_tone(tmp_path / "genres" / "rock" / "rock.00001.au", 2)
    write_tone(tmp_path / "genres" / "rock" / "blues.00003.wav", 3)
    (tmp_path / "genres" / "rock" / "rock.00002.wav").write_bytes(b"no sound at all")
    listing = list_audio(tmp_path, tmp_path / "known" / "gtzan_tables")
    assert [(clip.track, clip.label, clip.credit) for clip in listing.clips] == [
        ("blues.00000", "blues", "artist 0"),
        ("rock.00001", "rock", "artist 6"),
        ("rock.00002", "rock", "artist 7"),
    ]
    material = audio_material(listing, FRONT_END, "test", tmp_path / "cache")
    assert material.label_names == ("blues", "rock")
    assert material.splits == ("train", "valid")
    reasons = {path.rsplit("/", 1)[1]: reason for path, reason in material.skipped.items()}
    assert "named blues" in reasons["blues.00003.wav"]
    assert reasons["rock.00002.wav"]


def test_fma_as_it_is_published(tmp_path):
    _fma(tmp_path)
    listing = list_audio(tmp_path, tmp_path / NOWHERE)
    assert [(clip.track, clip.label, clip.credit) for clip in listing.clips] == [
        ("000002", "hiphop", "Ada"),
        ("000005", "rock", "Otto"),
    ]
    assert list(listing.splits.values()) == ["train", "valid"]
    assert list(listing.skipped.values()) == ["no genre is known for it"]
    assert list_audio(tmp_path / "fma_small", tmp_path / NOWHERE).clips == listing.clips


def test_a_list_in_a_csv_file(tmp_path):
    write_tone(tmp_path / "a.flac", 1)
    (tmp_path / "list.csv").write_text(
        "path,genre,artist,split\na.flac,Hip-Hop,Ada,train\ngone.wav,rock,Otto,test\na.flac,rock,Ida,both\n"
    )
    listing = list_audio(tmp_path / "list.csv", tmp_path / NOWHERE)
    assert [(clip.label, clip.credit) for clip in listing.clips] == [("hiphop", "Ada")]
    assert listing.skipped[str(tmp_path / "gone.wav")] == "no such file"
    assert "'both'" in listing.skipped[str(tmp_path / "a.flac")]


def test_a_list_without_a_column_is_refused(tmp_path):
    (tmp_path / "list.csv").write_text("path,label\na.wav,rock\n")
    with pytest.raises(StreamgenreError, match="artist, genre"):
        list_audio(tmp_path / "list.csv", tmp_path / NOWHERE)


def test_a_folder_that_is_none_of_these_is_refused(tmp_path):
    with pytest.raises(StreamgenreError, match="no folders GENRE/"):
        list_audio(tmp_path, tmp_path / NOWHERE)


def test_windows_follow_one_another_and_are_kept(tmp_path, monkeypatch):
    write_tone(tmp_path / "genres" / "blues" / "a.wav", 1, seconds=3.2)
    write_tone(tmp_path / "genres" / "rock" / "b.wav", 2, seconds=1.4)
    listing = list_audio(tmp_path, tmp_path / NOWHERE)
    first = audio_material(listing, FRONT_END, "test", tmp_path / "cache")
    assert first.inputs.shape == (4, 42, 32)
    assert first.track_of.tolist() == [0, 0, 0, 1]
    monkeypatch.setattr(
        "training.systems.audio_folder.clip_windows", lambda *_: pytest.fail("computed again")
    )
    again = audio_material(listing, FRONT_END, "test", tmp_path / "cache")
    assert (again.inputs == first.inputs).all()


def test_nothing_to_learn_from_is_said(tmp_path):
    (tmp_path / "genres" / "rock").mkdir(parents=True)
    (tmp_path / "genres" / "rock" / "rock.00002.wav").write_bytes(b"no sound at all")
    with pytest.raises(StreamgenreError, match="none of 1 files"):
        audio_material(list_audio(tmp_path, tmp_path / NOWHERE), FRONT_END, "test", tmp_path / "cache")


@pytest.mark.parametrize(
    ("genre", "label"), [("Hip-Hop", "hiphop"), ("Rock", "rock"), ("Soul-RnB", "soulrnb")]
)
def test_labels_are_plain(genre, label):
    assert plain_label(genre) == label
