"""What a group knows of its stations beside their messages: how they are, and what decoding them takes."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass

from streamgenre.capture.decoders.stream_source import StreamSource
from streamgenre.capture.open_source import open_spec
from streamgenre.capture.source import AudioSource
from streamgenre.capture.source_spec import SourceSpec
from streamgenre.clock import Clock
from streamgenre.messages import SourceChange, SourceState


@dataclass(frozen=True, slots=True)
class Seen:
    """How one station was when it last changed."""

    state: SourceState | None
    """None: it has not been opened yet."""
    reason: str | None
    at: float
    """Monotonic seconds."""
    codec: str | None = None


class StationWatch:
    """Any thread may call anything here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changes: dict[str, Seen] = {}
        self._sources: dict[str, StreamSource] = {}
        self._lock = threading.Lock()

    def open(self, station: str, spec: SourceSpec) -> AudioSource:
        """Open a station as the daemon does. Raises SourceError."""
        source = open_spec(spec)
        if isinstance(source, StreamSource):
            with self._lock:
                self._sources[station] = source
        return source

    def note(self, station: str, change: SourceChange) -> None:
        """Take what its session says."""
        with self._lock:
            self._changes[station] = Seen(change.state, change.reason, self._clock.monotonic())

    def seen(self, station: str) -> Seen:
        """Return how it is."""
        with self._lock:
            source = self._sources.get(station)
            found = self._changes.setdefault(station, Seen(None, None, self._clock.monotonic()))
        codec = source.codec or None if source else None
        return Seen(found.state, found.reason, found.at, codec)

    def decoding_seconds(self, station: str) -> tuple[int, float]:
        """Return which opening of it this is, and the processor time that decoding took since."""
        with self._lock:
            source = self._sources.get(station)
        return (id(source), source.decoding_seconds) if source else (0, 0.0)

    def keep(self, stations: Collection[str]) -> None:
        """Forget the others: they are not followed any more."""
        with self._lock:
            for station in (self._changes.keys() | self._sources.keys()) - set(stations):
                self._changes.pop(station, None)
                self._sources.pop(station, None)
