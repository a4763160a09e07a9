"""What `listen` follows and how: flags before environment and file, where `--config` names one."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from streamgenre.cli.options import Smoothing, default_node_id, password_file, pipeline_settings
from streamgenre.errors import UsageError
from streamgenre.settings import DecideSettings, MqttSettings, PipelineSettings, Settings, SourceSettings

SOURCE_ID = "main"


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """The words of the command line; those that were not given hold their defaults."""

    source: str
    model: str
    hop_seconds: float
    smoothing: Smoothing
    mqtt_url: str | None
    given: Collection[str]
    """Names of those that were."""


@dataclass(frozen=True, slots=True)
class ListenChoice:
    """One source, and who is told."""

    node: str
    source: SourceSettings
    mqtt: MqttSettings | None


def choose(options: ListenOptions, config: Path | None) -> ListenChoice:
    """Return what is followed; raises ConfigurationError for a file that is not good."""
    if config is None:
        mqtt = MqttSettings(options.mqtt_url, password_file=password_file()) if options.mqtt_url else None
        pipeline = pipeline_settings(options.hop_seconds, options.smoothing)
        source = SourceSettings(SOURCE_ID, options.source, model=options.model, pipeline=pipeline)
        return ListenChoice(default_node_id(), source, mqtt)
    from streamgenre.config import load_settings

    settings = load_settings(config, os.environ, {"mqtt.url": options.mqtt_url})
    return ListenChoice(
        settings.node, _with_flags(_source(settings, options, config), options), settings.mqtt
    )


def _source(settings: Settings, options: ListenOptions, config: Path) -> SourceSettings:
    """Return the source that is named, else the only one of the file that is enabled, else the microphone."""
    enabled = [source for source in settings.sources if source.enabled]
    if "source" not in options.given:
        if len(enabled) == 1:
            return enabled[0]
        if enabled:
            ids = ", ".join(source.id for source in enabled)
            raise UsageError(
                f"{config} has {len(enabled)} sources ({ids}); "
                "name a SOURCE, or follow them all with streamgenre run"
            )
    pipeline = PipelineSettings(decide=settings.decide)
    return SourceSettings(SOURCE_ID, options.source, model=settings.model, pipeline=pipeline)


def _with_flags(source: SourceSettings, options: ListenOptions) -> SourceSettings:
    pipeline = source.pipeline
    if "hop" in options.given:
        pipeline = replace(pipeline, hop_seconds=round(options.hop_seconds, 3))
    if "smoothing" in options.given:
        decide: DecideSettings = replace(pipeline.decide, smoothing=options.smoothing.value)
        pipeline = replace(pipeline, decide=decide)
    model = options.model if "model" in options.given else source.model
    return replace(source, model=model, pipeline=pipeline)
