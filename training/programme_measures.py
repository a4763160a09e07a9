"""What the decisions over spliced programmes are worth, and whether hops agree on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamgenre.messages import Belief, Observation
from training.heard import Deciding
from training.programmes import Item

Float64 = NDArray[np.float64]
Right = Callable[[Belief, Item], bool]

EDGE_SECONDS = 3.0
_ROUNDING_SECONDS = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a programme is made of, and what was told of it at one hop."""

    items: Sequence[Item]
    edges: Float64
    """(items + 1,) seconds."""
    times: Float64
    """(decisions,) seconds."""
    beliefs: Sequence[Belief]

    def at(self, second: float) -> Belief:
        """Return what held then."""
        return self.beliefs[int(np.searchsorted(self.times, second + _ROUNDING_SECONDS, side="right")) - 1]

    def item_at(self, second: float) -> Item:
        return self.items[int(np.searchsorted(self.edges[1:-1], second, side="left"))]

    @property
    def minutes(self) -> float:
        return float(self.edges[-1]) / 60.0


def told(
    items: Sequence[Item], edges: Float64, observations: Sequence[Observation], deciding: Deciding
) -> Told:
    """Decide a programme."""
    times = np.array([observation.audio_seconds for observation in observations])
    return Told(items, edges, times, deciding.follow(observations))


def right_status(belief: Belief, item: Item) -> bool:
    return belief.status == item.status


def right_genre(belief: Belief, item: Item) -> bool:
    return (belief.status, belief.genre) == (item.status, item.genre)


def seconds_to_stable(one: Told, right: Right) -> list[float]:
    """From where each item begins to the first stable belief that is right; infinite where there is none."""
    found: list[float] = []
    for item, begin, end in zip(one.items, one.edges, one.edges[1:], strict=False):
        inside = [
            time - begin
            for time, belief in zip(one.times, one.beliefs, strict=True)
            if begin < time <= end and belief.stability == "stable" and right(belief, item)
        ]
        found.append(float(inside[0]) if inside else float("inf"))
    return found


def changes(one: Told) -> tuple[int, int]:
    """Count the changes that tell what is not so, and the others beyond the first to the truth of an item.

    Unknown, and music without a genre while there is music, claim nothing that is not so.
    """
    false = needless = 0
    before: tuple[str, str | None] = ("unknown", None)
    arrived: set[float] = set()
    for time, belief in zip(one.times, one.beliefs, strict=True):
        now, item = (belief.status, belief.genre), one.item_at(float(time))
        if now != before:
            claims_nothing = now == ("unknown", None) or (now == ("music", None) and item.status == "music")
            if right_genre(belief, item):
                needless += item.end_seconds in arrived
                arrived.add(item.end_seconds)
            else:
                false, needless = false + (not claims_nothing), needless + claims_nothing
        before = now
    return false, needless


def settled_seconds(edges: Float64) -> list[float]:
    """Whole seconds further than three from a true change, once a window can have been filled."""
    seconds = np.arange(np.ceil(EDGE_SECONDS) + 1, edges[-1])
    return [float(second) for second in seconds if np.abs(edges - second).min() > EDGE_SECONDS]


def agreement(hops: Mapping[float, Told]) -> tuple[int, int]:
    """Count settled seconds on which all stable hops say the same, and those with at least two of them."""
    agreed = compared = 0
    first = next(iter(hops.values()))
    for second in settled_seconds(first.edges):
        beliefs = [one.at(second) for one in hops.values()]
        stable = [(belief.status, belief.genre) for belief in beliefs if belief.stability == "stable"]
        compared += len(stable) > 1
        agreed += len(stable) > 1 and len(set(stable)) == 1
    return agreed, compared


def known_items(
    items: Sequence[Item], edges: Float64, observations: Sequence[Observation], deciding: Deciding
) -> list[bool]:
    """Say of each item whether its own windows, pooled as a file's would be, name it."""
    known: list[bool] = []
    for item, begin, end in zip(items, edges, edges[1:], strict=False):
        inside = [o for o in observations if begin + deciding.window_seconds <= o.audio_seconds <= end]
        verdict = deciding.verdict(inside)
        known.append((verdict.status, verdict.genre) == (item.status, item.genre))
    return known
