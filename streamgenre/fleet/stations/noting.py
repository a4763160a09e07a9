"""Where every problem of a list is noted, with its line."""

from __future__ import annotations

import re

from streamgenre.capture.source_text import cut, printable
from streamgenre.config.problems import Problems
from streamgenre.errors import ConfigurationError
from streamgenre.fleet.stations.station_list import StationProblem

MOST_PROBLEMS = 100_000
"""More lines that make no sense are no list."""
LONGEST_TEXT = 400
"""Characters of one problem."""
_CREDENTIALS = re.compile(r"([\"'])([A-Za-z][\w+.-]*:/{1,3})?(?=[^\"']*:)[^\"']*@")
"""Of a value in quotes; rather too much of it: problems are published, and a slip hides what a URL masks."""


class NotedProblems(Problems):
    """Notes problems by line; what reads a value of the configuration notes here, too."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where
        self._found: list[StationProblem] = []

    def add(self, where: str, text: str) -> None:
        """Note a problem of the line whose number `where` is."""
        self.note(int(where), text)

    def note(self, line: int, text: str) -> None:
        """Note a problem of a line."""
        if len(self._found) >= MOST_PROBLEMS:
            first = self._found[0]
            raise ConfigurationError(
                f"{self.where}: no list of stations: more than {MOST_PROBLEMS:,} problems; the first: {first}"
            )
        told = _CREDENTIALS.sub(r"\1\2***@", printable(text))
        self._found.append(StationProblem(self.where, line, cut(told, LONGEST_TEXT)))

    @property
    def found(self) -> tuple[StationProblem, ...]:
        """Everything noted, in the order of the lines."""
        return tuple(sorted(self._found, key=lambda problem: problem.line))
