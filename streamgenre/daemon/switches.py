"""What was switched on or off over MQTT stays so over restarts, until the configuration says otherwise."""

from __future__ import annotations

import threading
from typing import Protocol

from streamgenre.settings import SourceSettings

KEY = "enabled"


class Memory(Protocol):
    """Keeps a source's few values over restarts; remembering may wait for the disk."""

    def remember(self, source: str, key: str, value: object) -> None: ...
    def recall(self, source: str, key: str) -> object: ...


class Switches:
    """Any thread may call anything here; only `write` waits for the disk."""

    def __init__(self, memory: Memory | None) -> None:
        """None: somebody else remembers, and settings say already what was asked for."""
        self._memory = memory
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._set: dict[str, object] = {}
        self._unwritten: set[str] = set()

    def enabled(self, settings: SourceSettings) -> bool:
        """Whether a source is to be followed: as was asked for under this configuration, else as it says."""
        if self._memory is None:
            return settings.enabled
        with self._lock:
            found = self._set.get(settings.id) or self._memory.recall(settings.id, KEY)
        match found:
            case {"enabled": bool(enabled), "configured": bool(configured)} if configured == settings.enabled:
                return enabled
            case None:
                return settings.enabled
            case _:  # the configuration says otherwise since, and what was asked must not come back
                self.switch(settings, enabled=settings.enabled)
                return settings.enabled

    def switch(self, settings: SourceSettings, *, enabled: bool) -> None:
        """Note what holds from now on; write() is to follow."""
        if self._memory is None:
            return
        with self._lock:
            self._set[settings.id] = {"enabled": enabled, "configured": settings.enabled}
            self._unwritten.add(settings.id)

    def write(self) -> None:
        """Keep what was noted, in order."""
        if self._memory is None:
            return
        with self._writing:
            with self._lock:
                found = {source: self._set[source] for source in sorted(self._unwritten)}
                self._unwritten.clear()
            for source, value in found.items():
                self._memory.remember(source, KEY, value)

    def write_aside(self) -> None:
        """Do so on a thread of its own, where there is anything to write."""
        if self._unwritten:
            threading.Thread(target=self.write, name="switches", daemon=True).start()
