"""File, environment and flags together: flag before environment before file before default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streamgenre.config.checks import check
from streamgenre.config.document import Table, read_document
from streamgenre.config.from_environment import gather_environment, gather_flags
from streamgenre.config.from_file import gather_file
from streamgenre.config.given import Gathered
from streamgenre.config.problems import Problems
from streamgenre.config.to_settings import to_settings
from streamgenre.settings import Settings

NO_FLAGS: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that was found good."""

    settings: Settings
    gathered: Gathered
    """Where each value came from."""
    path: Path | None
    """The file; None: there is none."""


def load_settings(
    path: Path | None, environment: Mapping[str, str], flags: Mapping[str, object] = NO_FLAGS
) -> Settings:
    """Return what file, environment and flags (by dotted keys) say; no path: there is no file.

    Raises ConfigurationError with a line for each error.
    """
    return load(path, environment, flags).settings


def load(path: Path | None, environment: Mapping[str, str], flags: Mapping[str, object] = NO_FLAGS) -> Loaded:
    """Do as `load_settings`, and keep where each value came from."""
    document: Table = {} if path is None else read_document(path)
    gathered, problems = Gathered(), Problems()
    if path is not None:
        gather_file(document, path, environment, gathered, problems)
    gather_environment(environment, gathered, problems)
    gather_flags(flags, environment, gathered, problems)
    check(gathered, problems)
    problems.raise_any()
    return Loaded(to_settings(gathered), gathered, path)
