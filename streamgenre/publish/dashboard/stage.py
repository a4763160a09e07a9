"""One thread that draws and reads keys, so that nobody else has to."""

from __future__ import annotations

import atexit
import logging
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Protocol

from rich.console import Console

from streamgenre.publish.dashboard.full_screen import FullScreen
from streamgenre.publish.dashboard.keys import decode
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.painter import Painter
from streamgenre.publish.dashboard.screen import Lines
from streamgenre.publish.mqtt_waker import Waker

ESCAPE_SECONDS = 0.05
"""A lone escape is a key when nothing follows for so long."""
END_SECONDS = 1.0

log = logging.getLogger(__name__)


class Play(Protocol):
    """What is shown; called by the thread of the stage alone."""

    def draw(self, width: int, height: int, look: Look) -> Lines: ...
    def press(self, key: str) -> None: ...


class Stage:
    """From `open` to `close` the terminal is ours; whatever happens, it is given back."""

    def __init__(
        self, console: Console, play: Play, gone: Callable[[], None], *, frames_per_second: float = 4.0
    ) -> None:
        """`gone`: called by the thread when it ends by itself, as the terminal is gone or it is broken."""
        self._console = console
        self._play = play
        self._gone = gone
        self._pause_seconds = 1 / frames_per_second
        self._look = Look.of(console)
        self._painter = Painter(console)
        self._screen = FullScreen(console)
        self._keyboard = self._screen.keyboard
        self._unread = b""
        self._waker = Waker()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dashboard", daemon=True)
        self.failure: Exception | None = None
        """What broke it."""

    def open(self) -> None:
        """Take the terminal and begin to draw."""
        atexit.register(self._screen.leave)
        self._screen.enter()
        self._thread.start()

    def close(self) -> None:
        """Give the terminal back; soon, even where it takes nothing any more, or a signal breaks in."""
        self._closing.set()
        try:
            self._waker.wake()
            self._screen.hurry()
            if self._thread.is_alive() and self._thread is not threading.current_thread():
                self._thread.join(END_SECONDS)
        finally:
            self._screen.leave()
            atexit.unregister(self._screen.leave)

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._show()
                self._listen(time.monotonic() + self._pause_seconds)
        except OSError:
            log.debug("the terminal is gone", exc_info=True)
            self._end()
        except Exception as error:
            self.failure = error
            self._screen.leave()
            log.exception("the dashboard is broken and ends")
            self._end()

    def _end(self) -> None:
        self._screen.leave()
        if not self._closing.is_set():
            self._gone()

    def _show(self) -> None:
        width, height = self._console.size
        frame = self._play.draw(width, height, self._look)
        self._screen.write(self._painter.paint(frame, width, height), self._console.encoding)

    def _listen(self, until: float) -> None:
        """Read keys until it is time for the next frame, or one was pressed."""
        patience = ESCAPE_SECONDS if self._unread else max(0.0, until - time.monotonic())
        keyboard = self._keyboard
        ready = select.select([self._waker, *([] if keyboard is None else [keyboard])], [], [], patience)[0]
        if keyboard is not None and keyboard in ready:
            sent = os.read(keyboard, 1024)
            if not sent:
                raise OSError("the keyboard is gone")
            self._press(self._unread + sent, all_came=False)
        elif self._unread:
            self._press(self._unread, all_came=True)

    def _press(self, sent: bytes, *, all_came: bool) -> None:
        keys, self._unread = decode(sent, all_came=all_came)
        for key in keys:
            if key == "suspend":
                self._screen.suspend()
                self._painter.forget()
            elif key == "redraw":
                self._painter.forget()
            else:
                self._play.press(key)
