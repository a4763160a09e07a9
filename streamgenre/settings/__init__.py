"""One frozen dataclass a part: every default, unit and range."""

from __future__ import annotations

from streamgenre.settings.deciding import (
    AlarmSettings,
    CalibrationSettings,
    DecideSettings,
    GovernorSettings,
    PipelineSettings,
    SessionSettings,
    SmootherSettings,
    SmoothingName,
)
from streamgenre.settings.front_end import (
    HANDMADE_COLUMNS,
    HANDMADE_DESCRIPTORS,
    HANDMADE_MFCCS,
    Compression,
    FrameSettings,
    FrontEndSettings,
    HandmadeSettings,
    LogMelSettings,
    LogSpectrogramSettings,
    LoudnessSettings,
    MelScale,
)
from streamgenre.settings.node import (
    LogFormat,
    LogLevel,
    LogSettings,
    Settings,
    SourceSettings,
)
from streamgenre.settings.publishing import (
    HistorySettings,
    JsonLinesSettings,
    MetricsSettings,
    MqttDiscovery,
    MqttProtocol,
    MqttSettings,
    OutboxSettings,
)

__all__ = [
    "HANDMADE_COLUMNS",
    "HANDMADE_DESCRIPTORS",
    "HANDMADE_MFCCS",
    "AlarmSettings",
    "CalibrationSettings",
    "Compression",
    "DecideSettings",
    "FrameSettings",
    "FrontEndSettings",
    "GovernorSettings",
    "HandmadeSettings",
    "HistorySettings",
    "JsonLinesSettings",
    "LogFormat",
    "LogLevel",
    "LogMelSettings",
    "LogSettings",
    "LogSpectrogramSettings",
    "LoudnessSettings",
    "MelScale",
    "MetricsSettings",
    "MqttDiscovery",
    "MqttProtocol",
    "MqttSettings",
    "OutboxSettings",
    "PipelineSettings",
    "SessionSettings",
    "Settings",
    "SmootherSettings",
    "SmoothingName",
    "SourceSettings",
]
