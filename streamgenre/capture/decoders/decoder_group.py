"""The parent's side of one decoder process."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from streamgenre.capture.decoders.decoder_commands import Close, Open, send_command

END_SECONDS = 0.3
"""A decoder process that has not ended by itself after so long is killed."""
_DEATH_TOLD_SECONDS = 1.0
_FROM_OUTSIDE = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}
_FRUGAL = {"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Sixteen threads that each allocate little need no memory pools of their own."""


class DecoderGroup:
    """One process that decodes several streams. Any thread may call anything here."""

    def __init__(self, on_end: Callable[[DecoderGroup], None]) -> None:
        """Start it; `on_end` is told, on a thread of its own, once it is gone. Raises OSError."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = _started(theirs)
            except BaseException:
                self._control.close()
                raise
        self._speaking = threading.Lock()
        self._gone = threading.Event()
        self._end_told = threading.Event()
        self._on_end = on_end
        threading.Thread(target=self._attend, name="decoder group", daemon=True).start()

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._gone.is_set()

    @property
    def crashed(self) -> bool:
        """Whether it died of what it decoded, not by a hand from outside."""
        return not self.alive and self._process.returncode not in _FROM_OUTSIDE

    def open(self, stream_id: int, url: str, pipe: int) -> None:
        """Have a stream decoded to a pipe, which remains the caller's to close. Raises OSError."""
        with self._speaking:
            send_command(self._control, Open(stream_id, url, pipe))

    def close(self, stream_id: int) -> None:
        """Ask for the end of a stream, which is the end of its pipe."""
        with self._speaking, contextlib.suppress(OSError):  # gone, or hanging, it decodes nothing
            send_command(self._control, Close(stream_id))

    def end(self) -> None:
        """End it with all its streams, by force if it does not go."""
        self._hang_up()
        if not self._gone.wait(END_SECONDS):
            self._process.kill()
            self._gone.wait(_DEATH_TOLD_SECONDS)

    def disown(self) -> None:
        """Forget it, in a child of its parent by fork: else it would outlive its parent for it."""
        self._control.close()
        self._process.returncode = 0
        self._gone = threading.Event()

    def how_it_ended(self) -> str:
        """Say it, once `on_end` was told: a stream opened again after this is judged by it."""
        if not self._end_told.wait(_DEATH_TOLD_SECONDS):
            return "without a word"
        code = self._process.returncode
        return f"{signal.strsignal(-code)}" if code < 0 else f"exit code {code}"

    def _attend(self) -> None:
        """Run in a thread: nobody else waits for the process, so it never stays a zombie."""
        self._process.wait()
        self._gone.set()
        self._hang_up()
        self._on_end(self)
        self._end_told.set()

    def _hang_up(self) -> None:
        with self._speaking:
            self._control.close()


def _started(control: socket.socket) -> subprocess.Popen[bytes]:
    """Start a fresh interpreter; URLs go by pipe, for a command line shows credentials to everybody."""
    # Not multiprocessing's spawn: that would import the caller's main module again, command line and all.
    # `-P`: no module of the working folder stands in for one of ours.
    package_folder = str(Path(__file__).parents[3])
    search_path = os.pathsep.join(filter(None, [package_folder, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "streamgenre.capture.decoders.decoder_process"],
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**_FRUGAL, **os.environ, "PYTHONPATH": search_path},
        start_new_session=True,  # Ctrl-C is for the parent, which then ends its decoders
    )
