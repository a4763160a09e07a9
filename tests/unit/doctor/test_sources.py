"""Trying the sources of a configuration."""

from __future__ import annotations

import os

import soundfile

from streamgenre.doctor.check import Check, examined
from streamgenre.doctor.running import Running
from streamgenre.doctor.sources import source_parts
from streamgenre.settings import SourceSettings
from tests.support.live_station import live_station
from tests.support.sounds import tune


def tried(*sources: SourceSettings, running: Running | None = None) -> list[Check]:
    return list(examined(source_parts(sources, running or Running()), 16))


def test_a_file_a_station_and_what_is_missing(tmp_path):
    soundfile.write(tmp_path / "a.wav", tune(1.0, 16000), 16000)
    (tmp_path / "empty.raw").touch()
    with live_station() as url:
        found = tried(
            SourceSettings("file", str(tmp_path / "a.wav")),
            SourceSettings("station", url),
            SourceSettings("gone", str(tmp_path / "gone.wav")),
            SourceSettings("away", "http://me:hunter2@127.0.0.1:1/x"),
            SourceSettings("empty", f"pcm:{tmp_path}/empty.raw"),
        )
    assert [(check.name, check.verdict) for check in found] == [
        ("source file", "ok"),
        ("source station", "ok"),
        ("source gone", "failed"),
        ("source away", "failed"),
        ("source empty", "failed"),
    ]
    assert found[0].found.endswith("16000 Hz, 1 channel")
    assert all(check.remedy for check in found[2:])
    assert "hunter2" not in repr(found)


def test_a_pipe_is_left_to_the_daemon(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (check,) = tried(SourceSettings("pipe", f"pcm:{tmp_path}/pipe"))
    assert (check.verdict, "not opened" in check.found) == ("ok", True)
    (check,) = tried(SourceSettings("stdin", "-"))
    assert check.verdict == "ok"


def test_what_is_followed_already_or_disabled_is_not_opened():
    running = Running({"main": None, "bad": "reconnecting"})
    found = tried(
        SourceSettings("main", "/none.wav"),
        SourceSettings("bad", "/none.wav"),
        SourceSettings("off", "/none.wav", enabled=False),
        running=running,
    )
    assert [check.verdict for check in found] == ["ok", "failed", "ok"]
