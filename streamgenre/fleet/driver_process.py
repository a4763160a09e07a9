"""The driver's process, as `fleet run` sees it: nothing here waits for it longer than it is told to."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, cast

from streamgenre.fleet.driver_words import DEBUG, Word, hear, say

DRIVER = (sys.executable, "-P", "-m", "streamgenre.fleet.driver")


class DriverProcess:
    """Runs from the beginning on."""

    def __init__(self, address: str, folder: Path) -> None:
        debug = [DEBUG] if logging.getLogger("streamgenre").isEnabledFor(logging.DEBUG) else []
        self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603  # ourselves
            [*DRIVER, address, str(folder), *debug],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is answered here, in order
        )
        self.words: SimpleQueue[Word | None] = SimpleQueue()
        """What it says; None: it says nothing more."""
        self.joined = False
        """For whoever reads its words."""
        self._to_say: SimpleQueue[Word | None] = SimpleQueue()
        for work in (self._listen, self._speak):
            threading.Thread(target=work, name="driver", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def say(self, word: Word) -> None:
        """Have it told; one that is gone hears nothing."""
        self._to_say.put(word)

    def end(self) -> None:
        """Ask it to end in order."""
        self._to_say.put(None)

    def kill(self) -> None:
        """End it at once, and with it a cluster that it has begun to start."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self.end()
        self._process.wait()

    def _speak(self) -> None:
        pipe = cast("BinaryIO", self._process.stdin)
        with contextlib.suppress(OSError):  # it is gone, which its silence tells
            while (word := self._to_say.get()) is not None:
                say(pipe, word)
        with contextlib.suppress(OSError):
            pipe.close()

    def _listen(self) -> None:
        pipe = cast("BinaryIO", self._process.stdout)
        try:
            with pipe:
                while (word := hear(pipe)) is not None:
                    self.words.put(word)
        finally:
            self.words.put(None)
