"""One source as it is to be followed, and whether it has an end."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.capture.source_spec import FileSpec, PcmSpec, parse_source
from streamgenre.capture.stations.playlists import local_playlist
from streamgenre.errors import SourceError
from streamgenre.pipeline import Classifier
from streamgenre.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class Following:
    """What the configuration says of a source, with its model loaded."""

    settings: SourceSettings
    model: Classifier
    recording: bool = False
    """Whether it ends by itself and is not tried again: see `is_recording`."""


def is_recording(source: str) -> bool:
    """Whether a SOURCE is a file with an end; a playlist of stations has none. May wait for the disk."""
    spec = parse_source(source)
    try:
        if isinstance(spec, PcmSpec):
            return spec.path is not None and spec.path.is_file()
        return isinstance(spec, FileSpec) and local_playlist(spec.path) is None
    except (OSError, SourceError):  # opening it will tell why
        return False
