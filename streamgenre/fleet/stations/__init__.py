"""Lists of stations: TOML, CSV, M3U, OPML and PLS become settings; what is wrong is told line by line."""

from __future__ import annotations

from streamgenre.fleet.stations.read import read_station_list
from streamgenre.fleet.stations.station_list import StationList, StationProblem

__all__ = ["StationList", "StationProblem", "read_station_list"]
