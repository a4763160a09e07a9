"""From a file to the stations that can be followed."""

from __future__ import annotations

import os
from pathlib import Path

from streamgenre.config.keys import Place
from streamgenre.errors import ConfigurationError
from streamgenre.fleet.stations.checking import checked
from streamgenre.fleet.stations.choosing import distinct, with_models
from streamgenre.fleet.stations.formats import format_of
from streamgenre.fleet.stations.list_file import read_list_file
from streamgenre.fleet.stations.noting import NotedProblems
from streamgenre.fleet.stations.station_list import StationList, StationProblem
from streamgenre.settings import Settings

MOST_TOLD = 50
"""Problems of a list that has no good station."""


def read_station_list(path: Path, defaults: Settings) -> StationList:
    """Return every good station of a list, and a problem for every bad one.

    Model and rules of `defaults` hold for a station that says nothing of its own. Raises
    ConfigurationError only where there is nothing to follow: the file cannot be read, is no list, or
    no station of it is good.
    """
    file = read_list_file(path)
    kind = format_of(file)
    problems = NotedProblems(file.where)
    place = Place(path.absolute().parent, os.environ)
    said = [
        (entry, table)
        for entry in kind.entries(file, problems)
        if (table := checked(entry, place, problems)) is not None
    ]
    stations = distinct(with_models(said, problems), defaults, problems)
    if not stations:
        raise ConfigurationError(_nothing(file.where, kind.station, problems.found))
    return StationList(stations, problems.found)


def _nothing(where: str, station: str, problems: tuple[StationProblem, ...]) -> str:
    if not problems:
        return f"{where}: no station in it; each is {station}"
    told = [str(problem) for problem in problems[:MOST_TOLD]]
    more = [f"and {len(problems) - MOST_TOLD:,} more"] if len(problems) > MOST_TOLD else []
    return "\n".join([f"{where}: no station in it can be followed", *told, *more])
