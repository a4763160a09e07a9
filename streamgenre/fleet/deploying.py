"""From the files of a user to what the fleet is to do."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from streamgenre.config import default_config_path, load_settings
from streamgenre.fleet.ledger import Deployment
from streamgenre.fleet.stations.read import read_station_list
from streamgenre.publish.history_path import default_history_path
from streamgenre.settings import HistorySettings, Settings

FLEET_FOLDER = "fleet"
MOST_TOLD = 20

log = logging.getLogger(__name__)


def fleet_folder() -> Path:
    """Return where a fleet keeps its state on the head."""
    return default_history_path().parent / FLEET_FOLDER


def load_deployment(
    stations: Path, config: Path | None, environment: Mapping[str, str] = os.environ
) -> Deployment:
    """Read both files. Bad lines of the list are logged, the good ones hold.

    Raises ConfigurationError where nothing can be followed, or the configuration is bad.
    """
    settings = _settings(config, environment)
    found = read_station_list(stations, settings)
    problems = tuple(str(problem) for problem in found.problems)
    for problem in problems[:MOST_TOLD]:
        log.error("%s", problem)
    if len(problems) > MOST_TOLD:
        log.error(
            "and %d more problems: streamgenre fleet status --json has them all", len(problems) - MOST_TOLD
        )
    if problems:
        log.warning("%s: stations that hold: %d; problems: %d", stations, len(found.stations), len(problems))
    return Deployment(replace(settings, sources=()), found.stations, problems, time.time_ns() // 1_000_000)


def _settings(config: Path | None, environment: Mapping[str, str]) -> Settings:
    path = config or default_config_path(environment)
    if config is None and not path.is_file():
        settings = load_settings(None, environment)
        if not (settings.mqtt or settings.history or settings.json_lines):
            log.info("there is no configuration: what played is kept in the history, and told to nobody")
            settings = replace(settings, history=HistorySettings())
    else:
        settings = load_settings(path, environment)
    if settings.sources:
        log.warning(
            "%s: sources that do not count here: %d; a fleet follows its list", path, len(settings.sources)
        )
    if settings.history and settings.history.path is None:
        settings = replace(settings, history=replace(settings.history, path=default_history_path()))
    return settings
