"""A station's audio bytes, with the titles that came among them."""

from __future__ import annotations

from streamgenre.capture.stations.http import Download
from streamgenre.capture.stations.icy import IcyStream, metadata_interval
from streamgenre.capture.stations.ogg_titles import OggTitles
from streamgenre.errors import SourceError


class StationBody:
    """Read by a decoder. Where the bytes break off it sees an end, and `failure` says why."""

    def __init__(self, download: Download, station: str) -> None:
        self._download = download
        interval_bytes = metadata_interval(download.header("icy-metaint"))
        self._icy = IcyStream(interval_bytes, station) if interval_bytes else None
        self._ogg: OggTitles | None = None
        self._begun = False
        self._held = b""
        """Audio that was looked at, or is more than was asked for."""
        self.failure: SourceError | None = None
        """Why no more bytes come, if they did not end of themselves."""

    @property
    def tells_titles(self) -> bool:
        """Whether titles come with the bytes; what the container said at first is then out of date."""
        return self._ogg is not None or (self._icy is not None and self._icy.told)

    @property
    def title(self) -> str | None:
        """What the station said last; None where it says nothing."""
        if self._icy is not None and self._icy.told:
            return self._icy.title
        return self._ogg.title if self._ogg is not None else None

    @property
    def damage(self) -> str | None:
        """What is wrong with how the station sends, in words."""
        if self._icy is None or self._icy.interleaved:
            return None
        return "the server declares titles between the audio and sends none"

    def read(self, max_bytes: int) -> bytes:
        """Wait for audio and return what is there; empty at the end, however it came."""
        try:
            return self._next_audio(max_bytes) if self.failure is None else b""
        except SourceError as failure:
            self.failure = failure
            return b""

    def peek(self, wanted_bytes: int) -> bytes:
        """Return the next audio, which stays to be read; less where it ends. Raises SourceError."""
        while len(self._held) < wanted_bytes and self._fetch(wanted_bytes):
            pass
        return self._held[:wanted_bytes]

    def close(self) -> None:
        """Hang up; whoever reads is woken. Any thread may call it."""
        self._download.close()

    def _next_audio(self, max_bytes: int) -> bytes:
        while not self._held and self._fetch(max_bytes):
            pass
        audio, self._held = self._held[:max_bytes], self._held[max_bytes:]
        return audio

    def _fetch(self, max_bytes: int) -> bool:
        data = self._download.read(max_bytes)
        audio = self._icy.process(data) if self._icy is not None else data
        self._look_for_titles(audio)
        self._held += audio
        return bool(data)

    def _look_for_titles(self, audio: bytes) -> None:
        if audio and not self._begun:
            self._begun = True
            self._ogg = OggTitles() if audio.startswith(b"O") else None
        if self._ogg is not None:
            self._ogg.process(audio)
