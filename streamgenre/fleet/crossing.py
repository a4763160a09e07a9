"""The values that cross between the processes of a fleet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from streamgenre.messages import Float32, Level, SourceState, Stamped
from streamgenre.publish.health_report import SourceHealth
from streamgenre.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class GroupIdentity:
    """Which group a process is."""

    id: str
    machine: str
    """On which it runs."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A station that a group is to follow."""

    station: SourceSettings
    epoch: int
    """Of this grant; greater than that of any grant of the station before."""


@dataclass(frozen=True, slots=True)
class StationReport:
    """How a station fares that a group follows, or still has messages of."""

    epoch: int
    enabled: bool
    """Whether it is to be heard: it may be switched off over MQTT."""
    heard: bool
    state: SourceState | None
    """None: it was not opened yet."""
    reason: str | None
    state_seconds: float
    """How long it has been in this state."""
    load: float
    """Cores it takes, decoding included; 0.0 while that is not known."""
    codec: str | None
    """As FFmpeg names it; None: not known yet."""


@dataclass(frozen=True, slots=True)
class GroupReport:
    """What a group tells the supervisor."""

    group: str
    machine: str
    incarnation: str
    """Another one after each start, and after each lease that ran out: what was granted before is void."""
    orders: int
    """Number of the orders it follows; 0: none yet."""
    pid: int
    version: str
    stations: Mapping[str, StationReport] = field(default_factory=dict[str, StationReport])
    """By id: all that it follows, and all of which the publisher does not have every message yet."""
    load: float = 0.0
    """Cores in use, decoding included."""
    lag_seconds: float = 0.0
    """How late the station that is served latest is served."""
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Orders:
    """The supervisor's answer: the lease counts from the moment the report was sent."""

    number: int
    lease_seconds: float
    assignments: tuple[Assignment, ...] | None = None
    """All that the group is to follow, and nothing else; None: the orders it has hold on."""
    leaving: Mapping[str, str] = field(default_factory=dict[str, str])
    """Stations that change hands, with the reason: they have not ended for good."""
    stop: bool = False
    """Whether the group is to end once it has handed everything over."""


@dataclass(frozen=True, slots=True)
class Handed:
    """One message of a station on its way to the publisher."""

    station: str
    epoch: int
    number: int
    """Events of a station and epoch count from 1; a state or diagnostics carries that of the event before."""
    stamped: Stamped
    first: Stamped | None = None
    """The state that began a run of states of which only the newest is left."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a station sounds like, for whoever looks at it."""

    station: str
    time: datetime
    """UTC."""
    audio_seconds: float
    level: Level | None
    rows: Float32
    """(frames, bands) float32, the model's newest frames."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a group hands to the publisher, in order; what was not receipted comes again."""

    group: str
    handed: tuple[Handed, ...] = ()
    health: tuple[SourceHealth, ...] = ()
    """Of every station the group follows now."""
    shown: tuple[Shown, ...] = ()
    epochs: Mapping[str, int] = field(default_factory=dict[str, int])
    """Of the grant of each station in `health`."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The publisher's answer."""

    publisher: str
    """Another one after each start of the publisher: what it did not commit is to be sent again."""
    committed: Mapping[str, tuple[int, int]]
    """Epoch and number of the last event committed, of each station of the parcel's group."""
    fenced: tuple[str, ...] = ()
    """Stations that another group follows by now under a later epoch."""
    wanted: tuple[str, ...] = ()
    """Stations that somebody looks at: their sound is to be shown."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A station whose group is gone."""

    station: str
    epoch: int
    """Of the grant that is void."""
    reason: str
