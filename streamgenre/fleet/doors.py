"""What the parts of a fleet ask of each other; between them lie processes and machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from streamgenre.errors import StreamgenreError
from streamgenre.fleet.crossing import GroupReport, Loss, Orders, Parcel, Receipt
from streamgenre.publish.payload import Payload
from streamgenre.settings import Settings, SourceSettings


class UnreachableError(StreamgenreError):
    """The other side does not answer just now; trying again may help."""


class Superior(Protocol):
    """The supervisor, as a group sees it."""

    def report(self, report: GroupReport) -> Orders:
        """Tell how the group fares; return what it is to do. Raises UnreachableError."""
        ...


class Publisher(Protocol):
    """The publisher, as a group sees it."""

    def hand(self, parcel: Parcel) -> Receipt:
        """Hand messages over. Raises UnreachableError: some of it may have arrived."""
        ...

    def switched_off(self, stations: Sequence[SourceSettings]) -> frozenset[str]:
        """Return which of them are not to be heard now, by configuration or MQTT. Raises UnreachableError."""
        ...


class Announcer(Protocol):
    """The publisher, as the supervisor sees it. Nothing here waits; what is told in vain is told again."""

    def configure(self, settings: Settings, stations: Sequence[SourceSettings]) -> None: ...
    def interrupted(self, losses: Sequence[Loss]) -> None: ...
    def tell(self, status: Payload) -> None: ...


@dataclass(frozen=True, slots=True)
class Machine:
    """One that may carry groups."""

    id: str
    """Its name and something that no other start of it shares."""
    cores: float
    """That the fleet may use."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A group's process is gone, or may be."""

    group: str
    reason: str
    certain: bool
    """Whether its machine says so; else the process may live on out of reach, until its lease runs out."""


class Cluster(Protocol):
    """The machines, as the supervisor sees them."""

    def machines(self) -> tuple[Machine, ...]:
        """Return those that are there now."""
        ...

    def start_group(self, group: str, machine: str) -> None:
        """Begin to start one; returns at once. It reports when it is there, or an ending is told."""
        ...

    def end_group(self, group: str) -> None:
        """End its process now, whatever it does; one that is gone already is no error."""
        ...

    def endings(self) -> list[Ending]:
        """Return what has ended since this was last asked."""
        ...
