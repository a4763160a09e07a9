"""Publishing: the broker, what waits for it, and the other places messages go."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

MqttProtocol = Literal["5", "3.1.1"]
MqttDiscovery = Literal["device", "components", "off"]


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """How much may wait for a broker that is away; beyond it the oldest events go, counted and told."""

    max_age_seconds: float = 7 * 86_400.0
    """Events that waited longer are no news to anyone, 60 to 31,536,000."""
    max_events: int = 100_000
    """Events waiting in the file, 100 to 10,000,000."""
    max_bytes: int = 64 * 2**20
    """Their payloads together, 65,536 to 2^34."""
    memory_events: int = 100_000
    """Events kept in memory while the disk takes none, 100 to 1,000,000."""
    late_seconds: float = 10.0
    """An event sent later than this after its commit is marked late, 1 to 3600."""


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """Which broker is told, and how; a password is named, never written here."""

    url: str = field(repr=False)
    """mqtt://HOST, mqtts://HOST, ws://HOST/PATH or wss://HOST/PATH, each with [USER@] and [:PORT]."""
    username: str | None = None
    """Goes before that of the URL; None: that of the URL, or nobody."""
    password_file: Path | None = None
    """A file, or the bare name of a systemd credential; None: the credential mqtt-password, if any."""
    ca_file: Path | None = None
    """PEM of the authorities trusted; None: those of the system."""
    cert_file: Path | None = None
    """PEM of the client certificate; needs `key_file`."""
    key_file: Path | None = None
    """PEM of its key, without a passphrase."""
    prefix: str = "streamgenre"
    """First level of every topic, levels of `[A-Za-z0-9_-]+`."""
    heartbeat_seconds: float = 30.0
    """A steady state is sent again after this; it expires after three, 1 to 3600."""
    discovery: MqttDiscovery = "device"
    """How Home Assistant is told of the sources: a device each, a message an entity for versions
    before 2024.11, or not at all."""
    protocol: MqttProtocol = "5"
    """Version of MQTT spoken."""


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """Where what was played is kept, and for how long."""

    path: Path | None = None
    """The SQLite file; None: history.sqlite in the state directory."""
    keep_days: int = 365
    """Events that ended longer ago are deleted, 1 to 36,500."""
    memory_events: int = 100_000
    """Events kept in memory while the disk takes none, 100 to 1,000,000."""


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Where metrics and health are served over HTTP."""

    listen: str = "127.0.0.1:9464"
    """ADDRESS:PORT or [ADDRESS]:PORT; port 0: any that is free."""
    allow_public: bool = False
    """Whether the address may be one that other machines reach: there is no password."""


@dataclass(frozen=True, slots=True)
class JsonLinesSettings:
    """Where every message is written as a line of JSON."""

    path: Path | None = None
    """A file or FIFO; None: standard output."""
    memory_states: int = 1000
    """States that may wait for a slow reader or disk; the oldest go first, 10 to 100,000."""
    memory_events: int = 100_000
    """Events that may; then the newest are not taken, 100 to 1,000,000."""
