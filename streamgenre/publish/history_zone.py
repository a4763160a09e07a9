"""The zone in which times are shown, and times as people say them."""

from __future__ import annotations

import difflib
import os
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from streamgenre.errors import UsageError

LOCAL_TIME = Path("/etc/localtime")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
WAYS = '"24h", "7d", "yesterday", "2026-11-20" or "2026-11-20 14:30"'
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{8}|\d{4}-?w\d\d-?\d")
"""As ISO 8601 writes a day: 2026-11-20, 20261120, 2026-W47-5."""
_AGO = re.compile(r"(\d+(?:\.\d+)?) ?([smhdw])(?: ago)?")


def time_zone(name: str | None = None) -> tzinfo:
    """Return the zone of that name, by default the machine's. Raises UsageError."""
    return _named(name) if name else _local()


def moment(text: str, zone: tzinfo, now: datetime, *, at_end: bool = False) -> datetime:
    """Return what the words mean, UTC; a day alone is its beginning, or with `at_end` its end."""
    words = text.strip().lower()
    try:
        if found := _AGO.fullmatch(words):
            return now - timedelta(seconds=float(found[1]) * UNITS[found[2]])
        if words == "now":
            return now
        if day := _day(words, now.astimezone(zone).date()):
            return _midnight(day + timedelta(days=1) if at_end else day, zone)
        stated = datetime.fromisoformat(text.strip())
        if stated.tzinfo:
            return stated.astimezone(UTC)
        both = (stated.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return max(both) if at_end else min(both)
    except (ValueError, OverflowError):
        raise UsageError(f'"{text}" is no time: say {WAYS}') from None


def _day(words: str, today: date) -> date | None:
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    if words in named:
        return named[words]
    return date.fromisoformat(words.upper()) if _DAY.fullmatch(words) else None


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _named(name: str) -> tzinfo:
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    near = _near(name)
    hint = f"is it {near[0]}?" if near else "say one like Europe/Berlin (the system's tzdata holds them)"
    raise UsageError(f'"{name}" is no time zone known here: {hint}')


def _near(name: str) -> list[str]:
    """Return known names that it may mean: a city, other capitals, a slip of the finger."""
    known, meant = sorted(available_timezones()), name.strip().replace(" ", "_").casefold()
    alike = [one for one in known if meant in (one.casefold(), one.rpartition("/")[2].casefold())]
    return alike or difflib.get_close_matches(name, known, n=1)


def _local() -> tzinfo:
    """Return the zone of $TZ or of the machine, as the C library would take it; UTC where neither is set."""
    stated = os.environ.get("TZ")
    if stated is not None:
        name = stated.removeprefix(":")
        return _read(Path(name)) if name.startswith("/") else _named(name or "UTC")
    return _read(LOCAL_TIME) if LOCAL_TIME.exists() else UTC


def _read(path: Path) -> tzinfo:
    _, found, key = str(path.resolve()).partition("zoneinfo/")
    try:
        with path.open("rb") as file:
            return ZoneInfo.from_file(file, key=key if found else "local")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} tells no time zone ({error}): say one with --time-zone Europe/Berlin"
        ) from None
