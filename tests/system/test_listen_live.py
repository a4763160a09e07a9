"""`streamgenre listen` on real live sources: a station, a sound server, a microphone, a terminal."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.audio_files import write_wav
from tests.support.icecast import running_icecast
from tests.support.pipewire import running_pipewire
from tests.support.program import PROGRAM, json_lines, run
from tests.support.sounds import silence, tune

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    sound = np.concatenate([tune(60, 48_000, channels=2)])
    return write_wav(tmp_path_factory.mktemp("sound") / "song.wav", sound, 48_000)


class Listener:
    """The program in the background; its lines as they come."""

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [PROGRAM, "listen", *arguments, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(environment or os.environ),
        )
        self.lines: list[dict[str, Any]] = []

    def wait_for(self, kind: str, seconds: float = 40, **fields: object) -> dict[str, Any]:
        """Read on until a line of this type has these fields."""
        assert self._process.stdout is not None
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            line = self._process.stdout.readline()
            assert line, self._process.communicate()[1]
            self.lines += json_lines(line)
            if self.lines[-1] == self.lines[-1] | {"type": kind} | fields:
                return self.lines[-1]
        pytest.fail(f"no {kind} with {fields} within {seconds} s; last: {self.lines[-1:]}")

    def end(self) -> int:
        self._process.terminate()
        self._process.communicate(timeout=10)
        return self._process.returncode


@pytest.fixture
def listener() -> Iterator[type[Listener]]:
    started: list[Listener] = []

    class Kept(Listener):
        def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
            super().__init__(*arguments, environment=environment)
            started.append(self)

    yield Kept
    for one in started:
        one.end()


def test_a_station_is_heard_lost_and_heard_again(song, listener):
    with running_icecast() as radio:
        radio.feed("mp3", song)
        here = listener(radio.url("mp3"))
        assert here.wait_for("state", status="music")["top"]
        radio.stop_feed("mp3")
        broken = here.wait_for("source", state="reconnecting")
        assert broken["reason"]
        radio.feed("mp3", song)
        here.wait_for("source", state="online")
        again = here.wait_for("state", status="music")
        assert again["audio_seconds"] > broken["audio_seconds"]
        numbers = [line["seq"] for line in here.lines if line["type"] not in ("state", "diagnostics")]
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_mount_that_is_not_there_exits_4():
    with running_icecast() as radio:
        done = run("listen", radio.url("nothing"), "--json")
        assert done.returncode == 4
        assert "404" in done.stderr
        assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize("source", ["monitor", "mic"])
def test_what_a_sound_server_plays_is_heard(song, listener, source):
    with running_pipewire() as server:
        server.play(song)
        here = listener(source, environment=server.environment)
        heard = here.wait_for("state", status="music")
        assert heard["top"]
        assert heard["lost_samples"] == 0


def test_an_idle_sound_server_is_silence(tmp_path, listener):
    quiet = write_wav(tmp_path / "quiet.wav", silence(60, 48_000, 2), 48_000)
    with running_pipewire() as server:
        server.play(quiet)
        found = listener("monitor", environment=server.environment).wait_for("state", status="silence")
        assert (found["genre"], found["reason"]) == (None, "digital zero")


def test_the_dashboard_shows_a_file_and_gives_the_terminal_back(song, open_terminal):
    shell = open_terminal(["bash", "--norc"], columns=100, rows=30, environment={"PS1": "ready> "})
    shell.wait_for("^ready>")
    shell.type(f"{PROGRAM} listen {song}; echo code=$?; stty -a | tr ' ;' '\\n\\n' | grep -x echo\n")
    screen = shell.wait_for("sure ·")
    assert shell.shows_alternate_screen
    assert "song.wav" in screen
    assert "level" in screen
    shell.press("C-c")
    assert "heard 0:0" in shell.wait_for("^code=130\\necho$")
    assert not shell.shows_alternate_screen
    assert shell.cursor_is_visible


def test_the_dashboard_survives_a_resize(song, open_terminal):
    terminal = open_terminal([str(PROGRAM), "listen", str(song)], columns=120, rows=40)
    terminal.wait_for("sure")
    for columns, rows in ((60, 18), (200, 60), (80, 24)):
        terminal.resize(columns, rows)
        header = rf"^(?=.{{{columns}}}$)streamgenre .*song.* online$"
        assert len(terminal.wait_for(header).splitlines()) <= rows
    terminal.press("C-c")
    assert terminal.wait_for_end() == 130
