"""What a list of stations says, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class StationProblem:
    """One thing that is wrong; printed as `stations.csv:12: …`."""

    where: str
    """The file, as people are shown it."""
    line: int
    """Counted from 1."""
    text: str
    """What is wrong and what is allowed, on one line, credentials masked."""

    def __str__(self) -> str:
        return f"{self.where}:{self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class StationList:
    """Every station that can be followed, and why the others cannot."""

    stations: tuple[SourceSettings, ...]
    """At least one, in the order of the list; no two have the same id."""
    problems: tuple[StationProblem, ...]
    """In the order of the lines."""
