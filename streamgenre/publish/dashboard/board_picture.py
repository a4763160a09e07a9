"""Everything one frame of many sources is drawn from; nothing in it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streamgenre.publish.dashboard.fleet_picture import FleetPicture
from streamgenre.publish.dashboard.happenings import Happening
from streamgenre.publish.dashboard.outline import Outline
from streamgenre.publish.dashboard.picture import Picture

Key = tuple[str, str]
"""Ids of a node and of one of its sources."""
Near = tuple[Key | None, int]
"""The source that is chosen (None: the first), and how many on either side of it may be seen."""


@dataclass(frozen=True, slots=True)
class NodePicture:
    """One node at one moment."""

    id: str
    online: bool | None
    """None: it was not told."""
    sources: int
    ahead_seconds: float | None = None
    """How far its clock is before ours; None: not known."""
    fleet: FleetPicture | None = None
    """None: it is one machine."""


@dataclass(frozen=True, slots=True)
class BoardPicture:
    """All that is known at one moment, in the order in which it is shown."""

    keys: tuple[Key, ...]
    outlines: tuple[Outline, ...]
    """Of each source."""
    pictures: tuple[Picture, ...]
    """Of those that can be seen, `first` of the keys and what follows it."""
    nodes: tuple[NodePicture, ...]
    happenings: tuple[Happening, ...]
    """Oldest first."""
    note: str | None
    trouble: str | None
    """Why nothing is told just now."""
    wall_seconds: float
    awaited: str | None = None
    """What goes on before the first source is there."""
    left_out: int = 0
    """Sources that are not shown, as there are too many."""
    urgent: Mapping[Key, Happening] = field(default_factory=dict[Key, Happening])
    """What last went wrong with each source."""
    first: int = 0

    def at(self, place: int) -> Picture:
        """Return the picture of the source at a place among the keys."""
        return self.pictures[place - self.first]

    @property
    def troubled(self) -> list[Key]:
        """The sources in trouble."""
        return [key for key, one in zip(self.keys, self.outlines, strict=True) if one.wants_help]

    @property
    def fleet_names(self) -> list[str]:
        return [fleet.node for fleet in self.fleets]

    @property
    def fleets(self) -> tuple[FleetPicture, ...]:
        return tuple(node.fleet for node in self.nodes if node.fleet)


def place_of(chosen: Key | None, keys: Sequence[Key]) -> int:
    """Return the place of the chosen source; of one that has gone, the first."""
    return keys.index(chosen) if chosen in keys else 0


def wanted(keys: Sequence[Key], near: Near | None) -> slice:
    if near is None:
        return slice(0, len(keys))
    place = place_of(near[0], keys)
    return slice(max(0, place - near[1]), place + near[1] + 1)
