"""What one key and one section of the configuration are; `table.py` lists them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from streamgenre.config.kinds import Kind, Plain

Value = Plain | Path | None
"""What a setting may be: a path is made of its text, None means that nothing is said."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written, which says what its relative paths are relative to."""

    folder: Path
    """That of the file; of the environment and of flags, the working directory."""
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Key:
    """One key: parser, example, JSON Schema, reference and `show` are all made of it."""

    name: str
    kind: Kind
    meaning: str
    """A sentence without its last full stop; it does not repeat what is allowed."""
    example: Plain
    default: Value = None
    """None: there is none, or `otherwise` says it."""
    otherwise: str = ""
    """In words, what holds where nothing is said and `default` does not tell."""
    computed: Callable[[], str] | None = None
    """The default, where it depends on the machine."""
    inherits: tuple[str, str] | None = None
    """Section and key whose value holds where nothing is said."""
    needed: bool = False
    """Whether its section is refused without it."""
    restart: bool = False
    """Whether a running daemon keeps the old value until it is restarted."""
    secret: bool = False
    """Whether it may hold credentials, which are masked wherever it is shown."""
    made: Callable[[str, Place], Value] | None = None
    """Makes the setting of a text, or refuses it with a StreamgenreError; None: it is the text."""


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the file, or the array `[[sources]]`."""

    name: str
    meaning: str
    """A sentence without its last full stop."""
    keys: tuple[Key, ...]
    optional: bool = False
    """Whether what it is about does not run unless the section is there."""
    many: bool = False
    """Whether it is an array of tables."""

    @property
    def header(self) -> str:
        """As the file writes it."""
        return f"[[{self.name}]]" if self.many else f"[{self.name}]"

    def key(self, name: str) -> Key | None:
        """Return a key by its name."""
        return next((key for key in self.keys if key.name == name), None)


def default_of(settings: type, name: str) -> Value:
    """Return what a settings dataclass says where nothing is said."""
    found = next(field.default for field in fields(settings) if field.name == name)
    if found is MISSING:
        raise KeyError(f"{settings.__name__}.{name} has no default")
    return found
