"""The last step: values that were found good become Settings."""

from __future__ import annotations

from typing import Any, TypeVar

from streamgenre.config.given import Gathered, GivenTable
from streamgenre.config.table import BY_NAME, SOURCES
from streamgenre.settings import (
    DecideSettings,
    HistorySettings,
    JsonLinesSettings,
    LogSettings,
    MetricsSettings,
    MqttSettings,
    PipelineSettings,
    Settings,
    SourceSettings,
)

Part = TypeVar("Part")


def to_settings(gathered: Gathered) -> Settings:
    """Return the settings; everything needed is there and everything there is good."""
    return Settings(
        node=_values(gathered, "node")["id"],
        sources=tuple(_source(gathered, table) for table in gathered.sources),
        model=_values(gathered, "model")["name"],
        decide=DecideSettings(**_values(gathered, "decide")),
        mqtt=_publisher(gathered, "mqtt", MqttSettings),
        history=_publisher(gathered, "history", HistorySettings),
        metrics=_publisher(gathered, "metrics", MetricsSettings),
        json_lines=_publisher(gathered, "json_lines", JsonLinesSettings),
        log=LogSettings(**_values(gathered, "log")),
    )


def _publisher(gathered: Gathered, section: str, settings: type[Part]) -> Part | None:
    return settings(**_values(gathered, section)) if gathered.has(section) else None


def _source(gathered: Gathered, table: GivenTable) -> SourceSettings:
    own: dict[str, Any] = {key.name: gathered.effective(key, table).value for key in SOURCES.keys}
    decide: dict[str, Any] = {name: own.pop(name) for name in ("dead_air_seconds", "silence_dbfs")}
    decide = _values(gathered, "decide") | decide
    return SourceSettings(
        **{name: own[name] for name in ("id", "source", "name", "model", "enabled")},
        pipeline=PipelineSettings(own["hop_seconds"], DecideSettings(**decide)),
    )


def _values(gathered: Gathered, section: str) -> dict[str, Any]:
    return {key.name: gathered.of(section, key.name).value for key in BY_NAME[section].keys}
