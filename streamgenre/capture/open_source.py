"""From the words of SOURCE to an open source of the right kind."""

from __future__ import annotations

import logging

from streamgenre.capture.decoders.stream_source import StreamSource
from streamgenre.capture.devices.microphone import Microphone
from streamgenre.capture.devices.monitor import MonitorSource
from streamgenre.capture.file_source import FileSource
from streamgenre.capture.pacing import Clock
from streamgenre.capture.pcm_source import PcmSource
from streamgenre.capture.source import AudioSource
from streamgenre.capture.source_spec import (
    FileSpec,
    MicrophoneSpec,
    MonitorSpec,
    PcmSpec,
    SourceSpec,
    UrlSpec,
    parse_source,
)
from streamgenre.capture.stations.playlists import local_playlist
from streamgenre.errors import SourceError, TransientSourceError

log = logging.getLogger(__name__)


def open_source(text: str, *, paced: bool = True, clock: Clock | None = None) -> AudioSource:
    """Open what `text` names. Raises PermanentSourceError or TransientSourceError.

    `paced`: files and pipes are read no faster than they sound; False: as fast as they come.
    """
    return open_spec(parse_source(text), paced=paced, clock=clock)


def open_spec(spec: SourceSpec, *, paced: bool = True, clock: Clock | None = None) -> AudioSource:
    """Open a source already parsed. Raises PermanentSourceError or TransientSourceError."""
    match spec:
        case FileSpec(path):
            stations = local_playlist(path)
            if stations is not None:
                return _first_that_plays(stations, paced=paced, clock=clock)
            return FileSource(path, paced=paced, clock=clock)
        case PcmSpec():
            return PcmSource(spec, paced=paced, clock=clock)
        case UrlSpec(url):
            return StreamSource(url, paced=paced, clock=clock)
        case MonitorSpec(name):
            return MonitorSource(name)
        case MicrophoneSpec(name, channels):
            return Microphone(name, channels)


def _first_that_plays(urls: tuple[str, ...], *, paced: bool, clock: Clock | None) -> AudioSource:
    """Open the first station of a playlist that can be opened; often all are one station."""
    failures: list[SourceError] = []
    for url in urls:
        try:
            return StreamSource(url, paced=paced, clock=clock)
        except SourceError as error:
            log.info("%s; trying the next of the playlist", error)
            failures.append(error)
    raise next((error for error in failures if isinstance(error, TransientSourceError)), failures[-1])
