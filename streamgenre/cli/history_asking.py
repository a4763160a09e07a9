"""From the options of the history's commands to what is read, and which of them was wrong."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from difflib import get_close_matches
from pathlib import Path

from streamgenre.cli.history_options import EventType, Status
from streamgenre.cli.history_reading import WatchedReader
from streamgenre.errors import ConfigurationError, StreamgenreError, UsageError
from streamgenre.publish.history_file import SourceKey, milliseconds
from streamgenre.publish.history_hours import at_zone
from streamgenre.publish.history_path import history_to_read
from streamgenre.publish.history_reader import HistoryQuery, HistoryReader
from streamgenre.publish.history_report import HistoryReport
from streamgenre.publish.history_report import report as summed_up
from streamgenre.publish.history_zone import moment, time_zone

MOST_NAMES = 8
REPORT_MS = 7 * 86_400_000


def asked(
    database: Path | None,
    zone_name: str | None,
    since: str | None,
    until: str | None,
    nodes: list[str] | None,
    sources: list[str] | None,
) -> tuple[tzinfo, HistoryQuery]:
    """Return the zone and what is asked for; who errs about time is told what the history covers."""
    zone, now = time_zone(zone_name), datetime.now(UTC)
    with _telling_the_range(database, zone):
        start = None if since is None else milliseconds(moment(since, zone, now))
        end = None if until is None else milliseconds(moment(until, zone, now, at_end=True))
        if start is not None and start >= (milliseconds(now) if end is None else end):
            raise UsageError(
                f"--since {since} is not before {'now' if until is None else f'--until {until}'}"
            )
    return zone, HistoryQuery(since_ms=start, until_ms=end, nodes=nodes or (), sources=sources or ())


def narrowed(
    query: HistoryQuery,
    status: Status | None,
    genre: str | None,
    types: list[EventType] | None,
    otherwise: list[EventType],
) -> HistoryQuery:
    """Return the query for these kinds of rows."""
    kinds = types or otherwise
    if EventType.all in kinds:
        kinds = [kind for kind in EventType if kind != EventType.all]
    if (status or genre) and kinds != [EventType.segment]:
        raise UsageError("--status and --genre are of stretches: leave --type out")
    names = tuple(dict.fromkeys(kind.value for kind in kinds))
    return replace(
        query, types=names, status=status.value if status else None, genre=genre.lower() if genre else None
    )


def opened(database: Path | None, query: HistoryQuery) -> HistoryReader:
    """Return the history that is meant. Raises UsageError where it knows no such source."""
    reader = WatchedReader(_path(database))
    known = reader.sources()
    sources = {source for _, source in known} | {f"{node}/{source}" for node, source in known}
    missing = [
        *(name for name in query.nodes if name not in {node for node, _ in known}),
        *(name for name in query.sources if name not in sources),
    ]
    if known and (missing or not reader.asked_for(query)):
        raise UsageError(f"{_path(database)}: no such node or source; {_known_sources(known, missing)}")
    return reader


def reported(database: Path | None, zone: tzinfo, query: HistoryQuery) -> HistoryReport:
    """Return the report that is asked for, of the last seven days unless said. Raises UsageError."""
    now = milliseconds(datetime.now(UTC))
    with opened(database, query) as reader:
        ends = now if query.until_ms is None else min(query.until_ms, max(now, *(reader.covers() or ())))
        begins = ends - REPORT_MS if query.since_ms is None else query.since_ms
        if begins < ends:
            return summed_up(reader, replace(query, since_ms=begins, until_ms=ends), zone)
    with _telling_the_range(database, zone):
        raise UsageError(f"{at_zone(begins, zone):%Y-%m-%d %H:%M} has not come yet")


def covered(database: Path | None, zone: tzinfo) -> str | None:
    """Return from when to when the history goes, in a sentence; None: nobody can tell."""
    with suppress(StreamgenreError), WatchedReader(_path(database)) as reader:
        if (known := reader.covers()) is not None:
            begins, ends = (f"{at_zone(ms, zone):%Y-%m-%d %H:%M}" for ms in known)
            return f"The history covers {begins} to {ends} ({zone})."
    return None


@contextmanager
def _telling_the_range(database: Path | None, zone: tzinfo) -> Generator[None]:
    try:
        yield
    except UsageError as error:
        known = covered(database, zone)
        raise UsageError(f"{error}\n{known}" if known else str(error)) from None


def _known_sources(known: Sequence[SourceKey], missing: Sequence[str]) -> str:
    names = [f"{node}/{source}" for node, source in known]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    holds = f"it holds {', '.join(names[:MOST_NAMES])}{more}"
    near = _nearest(missing[0], known) if missing else None
    return f"{holds}\nIs it {near}?" if near else holds


def _nearest(name: str, known: Iterable[SourceKey]) -> str | None:
    """Return the options that were probably meant."""
    options = {f"{node}/{source}": f"--source {node}/{source}" for node, source in known}
    options |= {node: f"--node {node}" for node, _ in known}
    options |= {source: f"--source {source}" for _, source in known}
    near = get_close_matches(name.lower(), options, n=1)
    return options[near[0]] if near else None


def _path(database: Path | None) -> Path:
    return database or _configured() or history_to_read()


def _configured() -> Path | None:
    """Return where the configuration puts it; one that is absent or bad says nothing."""
    from streamgenre.config import default_config_path, load_settings

    with suppress(ConfigurationError, OSError):
        path = default_config_path()
        settings = load_settings(path, os.environ) if path.exists() else None
        return settings.history.path if settings and settings.history else None
    return None
