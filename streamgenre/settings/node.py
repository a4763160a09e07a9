"""The daemon: its node, its sources, and every part it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from streamgenre.settings.deciding import DecideSettings, PipelineSettings
from streamgenre.settings.publishing import (
    HistorySettings,
    JsonLinesSettings,
    MetricsSettings,
    MqttSettings,
    OutboxSettings,
)

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "text", "json", "journald"]


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One source of the configuration."""

    id: str
    """In topics and payloads, `[a-z0-9_-]+`, unique."""
    source: str = field(repr=False)
    """A SOURCE as the command line takes it; may hold credentials."""
    name: str = ""
    """For people; empty: the id."""
    model: str = "genre"
    """A shipped or installed model's name, or a folder."""
    pipeline: PipelineSettings = PipelineSettings()
    enabled: bool = True
    """Whether it is followed at first; `{"enabled": …}` over MQTT goes before it."""

    @property
    def shown_as(self) -> str:
        """What people see."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is logged, and how it is written."""

    level: LogLevel = "info"
    """The least that is written."""
    format: LogFormat = "auto"
    """auto: journald's fields under systemd, coloured on a terminal, else text."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the daemon runs; a publisher that is None does not run."""

    node: str
    """In topics and payloads, `[a-z0-9_-]+`; by default the host's name."""
    sources: tuple[SourceSettings, ...] = ()
    model: str = "genre"
    """Of a source that is named elsewhere than in the configuration; its own sources have theirs."""
    decide: DecideSettings = field(default_factory=DecideSettings)
    """The same of how it is decided."""
    mqtt: MqttSettings | None = None
    history: HistorySettings | None = None
    metrics: MetricsSettings | None = None
    json_lines: JsonLinesSettings | None = None
    outbox: OutboxSettings = OutboxSettings()
    log: LogSettings = LogSettings()
