"""Which files an archive has now, and which of what was named cannot be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from streamgenre.capture.audio_paths import FoundPath, audio_paths
from streamgenre.capture.readable_path import require_readable
from streamgenre.errors import PermanentSourceError
from streamgenre.fleet.archive.task import ArchiveFile
from streamgenre.publish.classification import row_of_failure
from streamgenre.publish.payload import Payload


@dataclass(frozen=True, slots=True)
class Refused:
    """What cannot be looked at from here: a folder that is closed, a file that is not there."""

    path: str
    row: Payload


def listed(paths: Iterable[Path]) -> list[ArchiveFile | Refused]:
    """Return what the paths stand for, by the rules of `classify`, every path absolute and once."""
    found = audio_paths(path.expanduser().absolute() for path in paths)
    return list({one.path: one for one in map(_found, found)}.values())


def files_of(listing: Iterable[ArchiveFile | Refused]) -> Iterator[ArchiveFile]:
    """Yield the files."""
    return (one for one in listing if isinstance(one, ArchiveFile))


def looked_at(path: str) -> ArchiveFile | Refused:
    """Look at a file as it is now, from here."""
    try:
        return ArchiveFile.at(path)
    except OSError as error:
        return Refused(path, row_of_failure(path, _why(Path(path)) or str(error)))


def _found(found: FoundPath) -> ArchiveFile | Refused:
    path = str(found.path)
    return Refused(path, row_of_failure(path, found.error)) if found.error else looked_at(path)


def _why(path: Path) -> str | None:
    """Return what `classify` would say of it."""
    try:
        require_readable(path)
    except PermanentSourceError as error:
        return str(error)
    return None
