"""What a running parec does not tell: its sink went, or sound now goes to another by default."""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import threading
from collections.abc import Callable

from streamgenre.capture.devices.pactl import default_sink_name, list_sinks, subscription
from streamgenre.errors import SourceError

_EVENT = re.compile(rb"Event '(\w+)' on (sink|server) #(\d+)")
FIRST_CHECK_SECONDS = 1.0
CHECK_SECONDS = 30.0
"""Between two looks for what no event has told."""
_CLOSE_SECONDS = 0.3
_READ_BYTES = 65_536


class SinkWatch:
    """Listens to the server's events, and says once what has happened.

    PulseAudio moves the monitor of a sink that goes to another source, perhaps a microphone. And whoever
    listens to the default sink means what the machine plays, also after the headphones are plugged in.
    """

    def __init__(
        self, sink_name: str, sink_index: int, on_news: Callable[[str], None], *, follows_default: bool
    ) -> None:
        self._sink_name = sink_name
        self._sink_index = sink_index
        self._on_news = on_news
        self._follows_default = follows_default
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):  # without it parec's own end is still noticed
            self._process = subscription()
            threading.Thread(target=self._listen, args=[self._process], name="sinks", daemon=True).start()

    def close(self) -> None:
        self._closed = True
        if self._process is not None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_CLOSE_SECONDS)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as pipe:
            poll = select.poll()
            poll.register(pipe.fileno(), select.POLLIN)
            patience_seconds, began = FIRST_CHECK_SECONDS, b""
            news = None
            while not news and not self._closed:
                if not poll.poll(patience_seconds * 1000):
                    news, patience_seconds = self._checked(), CHECK_SECONDS
                    continue
                data = os.read(pipe.fileno(), _READ_BYTES)
                *lines, began = (began + data).split(b"\n")
                news = self._first_news(lines) if data else self._deaf()
        if news and not self._closed:
            self._on_news(news)

    def _first_news(self, lines: list[bytes]) -> str | None:
        events = filter(None, map(_EVENT.match, lines))
        return next(filter(None, (self._news(event[1], event[2], int(event[3])) for event in events)), None)

    def _deaf(self) -> str:
        return f"monitor of {self._sink_name}: the sound server tells nothing of its sinks any more"

    def _checked(self) -> str | None:
        """Look for what no event has told: it may have happened before we listened."""
        try:
            indices = {sink["name"]: sink.get("index", -1) for sink in list_sinks()}
        except SourceError:
            return None
        if indices.get(self._sink_name) != self._sink_index:
            return self._news(b"remove", b"sink", self._sink_index)
        return self._news(b"change", b"server", 0)

    def _news(self, what: bytes, whose: bytes, index: int) -> str | None:
        if (what, whose) == (b"remove", b"sink") and index == self._sink_index:
            return f"monitor of {self._sink_name}: the sink was removed"
        if whose == b"server" and self._follows_default:
            default = self._default()
            if default and default != self._sink_name:
                return f"monitor of {self._sink_name}: the default sink is now {default}"
        return None

    def _default(self) -> str | None:
        try:
            return default_sink_name()
        except SourceError:
            return None  # the server went; parec ends too
