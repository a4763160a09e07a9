"""The dashboard on a real pseudo-terminal, ended in every way it can end."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from streamgenre.publish.dashboard.full_screen import FullScreen

ROOT = Path(__file__).parents[3]
CHILD = """
import signal, sys, time
import numpy as np
from rich.console import Console
from streamgenre.publish.dashboard import Dashboard
from tests.unit.publish.dashboard_script import SOUND, state

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup hands down its being ignored
with Dashboard(Console(), "bar", "main", "genre", frames_per_second=20) as board:
    for step in range(1, 2000):
        board.meter(SOUND, np.zeros(16, np.float32))
        board.update(state(step * 0.5), latency_ms=1.0)
        time.sleep(0.02)
        if step == int(sys.argv[1]):
            break
        if step == int(sys.argv[2]):
            raise RuntimeError("broken on purpose")
"""
STUCK = """
import os, signal, sys, threading
from rich.console import Console
from streamgenre.publish.dashboard.screen import Lines
from streamgenre.publish.dashboard.stage import Stage

class Stuck:
    def draw(self, width, height, look):
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        drawing.set()
        threading.Event().wait()

drawing = threading.Event()
stage = Stage(Console(), Stuck(), lambda: None)
stage.open()
drawing.wait()
try:
    stage.close()
    threading.Event().wait()
finally:
    os._exit(7)
"""
LARGE = """
import os, signal
from itertools import count
from rich.console import Console
from rich.segment import Segment
from streamgenre.publish.dashboard.screen import Lines
from streamgenre.publish.dashboard.stage import Stage

frames = count()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

class Large:
    def draw(self, width, height, look):
        line = [Segment(f"{next(frames):{width}}")]
        return Lines((line,) * height)

stage = Stage(Console(), Large(), lambda: None, frames_per_second=20)
stage.open()
try:
    signal.sigwait({signal.SIGTERM})
finally:
    stage.close()
"""
ENTER, LEAVE, SHOW_CURSOR = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"


class Terminal:
    """A child on a pseudo-terminal of its own."""

    def __init__(self, stop: int = 0, fail: int = 0, program: str = CHILD) -> None:
        self.output = b""
        self._ours, theirs = os.openpty()
        self.resize(80, 24)
        self.before = termios.tcgetattr(theirs)
        self._theirs = theirs
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
        }
        environment = {k: v for k, v in environment.items() if k not in {"COLUMNS", "LINES", "NO_COLOR"}}
        self.child = subprocess.Popen(
            [sys.executable, "-c", program, str(stop), str(fail)],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
        )  # fmt: skip

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read_until(self, sign: bytes, seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while sign not in self.output:
            assert time.monotonic() < end, self.output[-2000:]
            self._read()

    def wait(self) -> int:
        while self.child.poll() is None:
            self._read()
        while self._read():
            pass
        return self.child.returncode

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def hang_up(self) -> None:
        os.close(self._ours)
        self._ours = -1

    def settings(self) -> list[object]:
        return termios.tcgetattr(self._theirs)

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        for one in (self._ours, self._theirs):
            with contextlib.suppress(OSError):
                os.close(one)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], 0.05)
        if ready:
            self.output += os.read(self._ours, 65536)
        return bool(ready)


@contextlib.contextmanager
def terminal(stop: int = 0, fail: int = 0, program: str = CHILD) -> Iterator[Terminal]:
    opened = Terminal(stop, fail, program)
    try:
        yield opened
    finally:
        opened.close()


def assert_restored(seen: Terminal) -> None:
    assert seen.output.count(ENTER) == 1
    left = seen.output.rindex(LEAVE)
    assert left > seen.output.rindex(ENTER)
    assert seen.output.rindex(SHOW_CURSOR) > seen.output.rindex(b"\x1b[?25l")
    assert seen.settings() == seen.before


@pytest.mark.system
def test_a_normal_end_restores_the_terminal() -> None:
    with terminal(stop=15) as seen:
        assert seen.wait() == 0
        assert b"Ctrl-C" in seen.output
        assert_restored(seen)


@pytest.mark.system
def test_a_crash_restores_the_terminal_and_shows_its_trace() -> None:
    with terminal(fail=10) as seen:
        assert seen.wait() == 1
        assert_restored(seen)
        assert b"broken on purpose" in seen.output[seen.output.rindex(LEAVE) :]


@pytest.mark.system
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)],
)
def test_a_signal_restores_the_terminal(number: signal.Signals, code: int) -> None:
    with terminal() as seen:
        seen.read_until(b"Ctrl-C")
        seen.child.send_signal(number)
        assert seen.wait() in {code, 130}
        assert_restored(seen)


@pytest.mark.system
def test_a_signal_while_the_terminal_is_given_back_does_not_stop_that() -> None:
    with terminal(program=STUCK) as seen:
        assert seen.wait() == 7
        assert_restored(seen)


@pytest.mark.system
def test_a_terminal_that_takes_nothing_any_more_is_given_back() -> None:
    with terminal(program=LARGE) as seen:
        seen.read_until(b" 23")
        seen.resize(400, 200)
        time.sleep(1.0)  # a frame of 80,000 letters is on its way, and nobody reads
        seen.child.send_signal(signal.SIGTERM)
        assert seen.child.wait(60) == 0
        seen.wait()
        assert_restored(seen)


@pytest.mark.system
def test_a_new_size_is_filled_at_the_next_frame() -> None:
    with terminal() as seen:
        seen.read_until(b"Ctrl-C")
        seen.resize(60, 18)
        seen.output = b""
        seen.read_until(b"\x1b[2J")
        seen.output = seen.output[seen.output.index(b"\x1b[2J") :]
        seen.read_until(b"\x1b[18;1H")
        rows = {int(row) for row in re.findall(rb"\x1b\[(\d+);1H", seen.output)}
        assert rows == set(range(1, 19))


@pytest.mark.system
def test_typed_letters_are_not_echoed() -> None:
    with terminal() as seen:
        seen.read_until(b"Ctrl-C")
        assert not seen.settings()[3] & termios.ECHO


@pytest.mark.system
def test_only_lines_that_changed_are_sent() -> None:
    with terminal() as seen:
        seen.read_until(b"Ctrl-C")
        seen.output = b""
        seen.read_until(b"audio")
        assert b"\x1b[2J" not in seen.output
        assert b"no title" not in seen.output
        assert len(seen.output) > 0


@pytest.mark.system
def test_keys_explain_pause_and_quit() -> None:
    with terminal() as seen:
        seen.read_until(b"Ctrl-C")
        seen.type(b"?")
        seen.read_until(b"hold the picture")
        seen.type(b"x")
        seen.read_until(b"level ")
        seen.type(b" ")
        seen.read_until(b"Space lets it go on")
        seen.type(b"q")
        assert seen.wait() in {-signal.SIGINT, 130}
        assert_restored(seen)


@pytest.mark.system
def test_a_terminal_that_is_gone_ends_it() -> None:
    with terminal() as seen:
        seen.read_until(b"Ctrl-C")
        seen.hang_up()
        assert seen.child.wait(60) != 0


@pytest.mark.system
def test_a_terminal_that_went_while_the_program_was_stopped_is_gone_not_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as file:
        monkeypatch.setattr(sys, "stdin", file)
        screen = FullScreen(Console(file=file))
        assert screen.keyboard == theirs
        os.close(ours)
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            screen.enter()
