"""What one station alone cannot tell: ids that are alike, models that are not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from streamgenre.classify.registry import find_model
from streamgenre.config.given import GivenTable
from streamgenre.errors import ModelError
from streamgenre.fleet.stations.entry import Entry
from streamgenre.fleet.stations.made_id import made_id
from streamgenre.fleet.stations.noting import NotedProblems
from streamgenre.settings import PipelineSettings, Settings, SourceSettings

Said = Sequence[tuple[Entry, GivenTable]]


def with_models(said: Said, problems: NotedProblems) -> Said:
    """Return the stations whose model is there; one that is not is told once, at the first that names it."""
    wanted = Counter(_value(table, "model") for _, table in said)
    missing = {model: told for model in wanted if model and (told := _why_missing(str(model)))}
    first: dict[object, int] = {}
    for entry, table in said:
        first.setdefault(_value(table, "model"), entry.line_of("model"))
    for model, told in missing.items():
        more = f" ({wanted[model]:,} stations name it)" if wanted[model] > 1 else ""
        problems.note(first[model], f"{told}{more}")
    return [(entry, table) for entry, table in said if _value(table, "model") not in missing]


def distinct(said: Said, defaults: Settings, problems: NotedProblems) -> tuple[SourceSettings, ...]:
    """Return the settings of every station but those whose id is taken: given ids go before made ones."""
    holders: dict[str, int] = {}
    kept: dict[int, SourceSettings] = {}
    for made in (False, True):
        for number, (entry, table) in enumerate(said):
            if ("id" not in table.given) is not made:
                continue
            station = _settings(entry, table, defaults)
            holder = holders.setdefault(station.id, number)
            if holder == number:
                kept[number] = station
            else:
                problems.note(
                    entry.line_of("id"), _alike(station, kept[holder], said[holder][0].line, made=made)
                )
    return tuple(kept[number] for number in sorted(kept))


def _alike(station: SourceSettings, other: SourceSettings, line: int, *, made: bool) -> str:
    if made and station.source == other.source:
        return f"the same station stands at line {line} already"
    remedy = "; give it another name" if made else "; choose another"
    return f'id "{station.id}" is that of the station at line {line}{remedy}'


def _settings(entry: Entry, table: GivenTable, defaults: Settings) -> SourceSettings:
    own: dict[str, Any] = {name: given.value for name, given in table.given.items()}
    rules = {name: own.pop(name) for name in ("dead_air_seconds", "silence_dbfs") if name in own}
    pipeline: dict[str, Any] = {"hop_seconds": own.pop("hop_seconds")} if "hop_seconds" in own else {}
    pipeline["decide"] = replace(defaults.decide, **rules) if rules else defaults.decide
    own.setdefault("model", defaults.model)
    own.setdefault("id", made_id((entry.label, own.get("name", "")), own["source"]))
    return SourceSettings(**own, pipeline=PipelineSettings(**pipeline))


def _value(table: GivenTable, name: str) -> object:
    given = table.given.get(name)
    return given.value if given else None


def _why_missing(model: str) -> str | None:
    """Return why a model cannot be had; None: it can."""
    try:
        find_model(model)
    except ModelError as error:
        return str(error)
    except OSError as error:  # a name longer than a file's may be
        return f"model {model}: {error.strerror}"
    return None
