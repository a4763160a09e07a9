"""A warning said again and again in the same words is said once, then counted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

from streamgenre.logs.entry import Entry

COUNTED_SECONDS = 60.0
"""How long the same is only counted before the count is told."""


@dataclass(slots=True)
class _Run:
    entry: Entry
    """Told already."""
    since: float
    """By a steady clock."""
    again: int = 0
    """Times that were not told."""


class Repeats:
    """Of each logger and source, what it said last. The first is never held back, nor what differs."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str | None], _Run] = {}

    def take(self, entry: Entry, now: float) -> Iterator[Entry]:
        """Give what is to be written now."""
        key = (entry.logger, entry.source)
        run = self._runs.get(key)
        if run and now - run.since < COUNTED_SECONDS and _same(run.entry, entry):
            run.again += 1
            return
        if self._runs.pop(key, None):
            yield from _count(run, now)
        if entry.level >= logging.WARNING:
            self._runs[key] = _Run(entry, now)
        yield entry

    def due(self, now: float) -> Iterator[Entry]:
        """Give the counts of what has been counted for long enough."""
        for key, run in list(self._runs.items()):
            if now - run.since >= COUNTED_SECONDS:
                del self._runs[key]
                yield from _count(run, now)

    def end(self, now: float) -> Iterator[Entry]:
        """Give all counts."""
        for run in self._runs.values():
            yield from _count(run, now)
        self._runs.clear()


def _same(one: Entry, other: Entry) -> bool:
    return (one.level, one.message, one.exception) == (other.level, other.message, other.exception)


def _count(run: _Run | None, now: float) -> Iterator[Entry]:
    if run and run.again:
        times = "once more" if run.again == 1 else f"{run.again} times more"
        told = f"{run.entry.message} ({times} within {max(1.0, now - run.since):.0f} s)"
        yield replace(run.entry, time=run.entry.time + now - run.since, message=told, exception=None)
