"""What is to be heard, and what came of it: the values that cross between the machines, as JSON."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import Literal

from streamgenre.publish.payload import SCHEMA, Payload
from streamgenre.settings import SmoothingName

Outcome = Literal["heard", "broken", "crashed", "unseen", "unfit"]
"""unseen: the machine does not see the file; unfit: the machine cannot hear any."""


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A file, and by what one knows that it is still the same."""

    path: str
    """Absolute."""
    size_bytes: int
    mtime_ns: int

    @classmethod
    def at(cls, path: str) -> ArchiveFile:
        """Look at it now. Raises OSError."""
        status = os.stat(path)  # noqa: PTH116  # a Path would be made for each of a million
        return cls(path, status.st_size, status.st_mtime_ns)

    @classmethod
    def from_json(cls, text: str) -> ArchiveFile:
        return cls(**json.loads(text))

    def to_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Manner:
    """How every file of an archive is heard, on every machine."""

    model: str
    """Its name, or its folder as an absolute path."""
    sha256: str
    """Of the model."""
    hop_seconds: float
    smoothing: SmoothingName
    version: str
    """Of streamgenre."""

    def stamp(self) -> str:
        """Return what a row depends on beside its file."""
        return f"{self.sha256} hop {self.hop_seconds:g} {self.smoothing} schema {SCHEMA}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one file."""

    file: ArchiveFile
    """As the machine that heard it saw it."""
    outcome: Outcome
    row: Payload
    """As `classify --format json` has it."""
    machine: str

    @classmethod
    def from_json(cls, text: str) -> Answer:
        fields = json.loads(text)
        return cls(**fields | {"file": ArchiveFile(**fields["file"])})

    def to_json(self) -> str:
        return json.dumps(asdict(self), allow_nan=False)
