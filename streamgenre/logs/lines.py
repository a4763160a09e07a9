"""An entry as text: plain, with journald's priorities, or as JSON."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from streamgenre.logs.entry import Entry

_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


def priority(level: int) -> int:
    """Return syslog's number for a level: 2 critical, 3 error, 4 warning, 6 info, 7 debug."""
    return next((number for least, number in _PRIORITIES if level >= least), 7)


def utc(seconds: float) -> str:
    """Return RFC 3339 with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(entry: Entry) -> str:
    """Return what a command in the foreground writes."""
    return "".join(f"{line}\n" for line in _told(entry))


def timed(entry: Entry) -> str:
    """Return the same with the time in front, for files."""
    return f"{utc(entry.time)} {plain(entry)}"


def prefixed(entry: Entry) -> str:
    """Return what journald reads from a service's stderr: a priority before every line."""
    return "".join(f"<{priority(entry.level)}>{line}\n" for line in _told(entry))


def as_json(entry: Entry) -> str:
    """Return one object on one line."""
    told = {
        "time": utc(entry.time),
        "level": entry.level_name.lower(),
        "logger": entry.logger,
        "message": entry.message,
        "source": entry.source,
        "exception": entry.exception,
    }
    return f"{json.dumps(told, ensure_ascii=False)}\n"


def _told(entry: Entry) -> list[str]:
    first, *rest = entry.lines
    return [f"{entry.level_name} {entry.logger}: {first}", *rest]
