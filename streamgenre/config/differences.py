"""What a new configuration changes, for a daemon that goes on running."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from streamgenre.config.table import RESTART_ONLY
from streamgenre.settings import Settings, SourceSettings

SourceField = Literal["source", "name", "model", "pipeline", "enabled"]
PartName = Literal["mqtt", "history", "metrics", "json_lines", "outbox", "log"]

SOURCE_FIELDS: tuple[SourceField, ...] = ("source", "name", "model", "pipeline", "enabled")
PARTS: tuple[PartName, ...] = ("mqtt", "history", "metrics", "json_lines", "outbox", "log")


@dataclass(frozen=True, slots=True)
class SourceDifference:
    """A source that is in both, and not alike."""

    old: SourceSettings
    new: SourceSettings
    what: tuple[SourceField, ...]
    """The fields that differ; `name` alone leaves what is heard untouched."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two configurations; sources are told apart by their ids."""

    settings: Settings
    """What can be run now: the new configuration with the old values of what waits for a restart."""
    added: tuple[SourceSettings, ...] = ()
    removed: tuple[SourceSettings, ...] = ()
    changed: tuple[SourceDifference, ...] = ()
    parts: tuple[PartName, ...] = ()
    """Publishers and the log that differ in more than what needs a restart."""
    restart_only: tuple[str, ...] = ()
    """Dotted keys whose new value waits for a restart."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.parts or self.restart_only)


def changes(old: Settings, new: Settings) -> Changes:
    """Return what differs."""
    waiting = tuple(dotted for dotted in RESTART_ONLY if _waits(old, new, dotted))
    now = new
    for dotted in waiting:
        now = _keeping(old, now, dotted)
    before = {source.id: source for source in old.sources}
    after = {source.id: source for source in now.sources}
    return Changes(
        now,
        added=tuple(source for source in now.sources if source.id not in before),
        removed=tuple(source for source in old.sources if source.id not in after),
        changed=tuple(
            _difference(before[source.id], source)
            for source in now.sources
            if source.id in before and source != before[source.id]
        ),
        parts=tuple(part for part in PARTS if getattr(old, part) != getattr(now, part)),
        restart_only=waiting,
    )


def _difference(old: SourceSettings, new: SourceSettings) -> SourceDifference:
    return SourceDifference(
        old, new, tuple(name for name in SOURCE_FIELDS if getattr(old, name) != getattr(new, name))
    )


def _waits(old: Settings, new: Settings, dotted: str) -> bool:
    """Whether a restart-only key differs; a section that comes or goes is no matter of its keys."""
    section, _, name = dotted.partition(".")
    if section == "node":
        return old.node != new.node
    one, other = getattr(old, section), getattr(new, section)
    return one is not None and other is not None and getattr(one, name) != getattr(other, name)


def _keeping(old: Settings, new: Settings, dotted: str) -> Settings:
    section, _, name = dotted.partition(".")
    if section == "node":
        return replace(new, node=old.node)
    kept = replace(getattr(new, section), **{name: getattr(getattr(old, section), name)})
    return replace(new, **{section: kept})
