"""Work away from the main thread, which keeps signals and the screen."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from streamgenre.cli.endings import Terminated

ORDERLY_SECONDS = 0.7


class Foreground:
    """One piece of work, which ends the command when it fails."""

    def __init__(self, work: Callable[[], None], name: str, stop: Callable[[], None]) -> None:
        """`stop` asks the work to end in order."""
        self._work = work
        self._stop = stop
        self._failure: BaseException | None = None
        self._ended = threading.Event()  # an interrupted Thread.join() takes the thread for dead
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def wait(self) -> None:
        """Do it to the end and raise what ended it, if anything did.

        On Ctrl-C or SIGTERM it gets a moment to end in order; what hangs is left behind.
        """
        previous = signal.signal(signal.SIGTERM, _terminate)
        self._thread.start()
        try:
            self._ended.wait()
        except BaseException:
            self._stop()
            self._ended.wait(ORDERLY_SECONDS)
            raise
        finally:
            signal.signal(signal.SIGTERM, previous)
        if self._failure and not isinstance(self._failure, BrokenPipeError):
            raise self._failure

    def _run(self) -> None:
        try:
            self._work()
        except BrokenPipeError as error:
            _silence_stdout()
            self._failure = error
        except BaseException as error:  # noqa: BLE001  # it is raised again where the command waits
            self._failure = error
        finally:
            self._ended.set()


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _silence_stdout() -> None:
    """Keep the interpreter from failing again when it flushes a pipe nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
