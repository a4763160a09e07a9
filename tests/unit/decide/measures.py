"""What the decisions over a spliced programme are worth, and whether hops agree on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamgenre.decide.decider import Decider
from streamgenre.messages import Belief
from streamgenre.settings import DecideSettings, SmoothingName
from tests.unit.decide.spliced import LABELS, SplicedProgramme

HOPS_SECONDS = (0.25, 0.5, 1.0, 2.0)
EDGE_SECONDS = 3.0


@dataclass(frozen=True)
class Followed:
    """One programme as it was decided, in order of time."""

    times: np.ndarray
    beliefs: list[Belief]

    def at(self, audio_seconds: float) -> Belief:
        return self.beliefs[int(np.searchsorted(self.times, audio_seconds + 1e-6, side="right")) - 1]


def follow(programme: SplicedProgramme, hop_seconds: float, name: SmoothingName) -> Followed:
    decider = Decider(LABELS, DecideSettings(smoothing=name))
    observations = list(programme.observations(hop_seconds))
    return Followed(
        np.array([o.audio_seconds for o in observations]), [decider.process(o) for o in observations]
    )


def settled_seconds(programme: SplicedProgramme) -> list[float]:
    """Every second that is further than three from a true change."""
    seconds = np.arange(np.ceil(EDGE_SECONDS) + 1, programme.seconds)
    return [float(s) for s in seconds if np.abs(programme.edges - s).min() > EDGE_SECONDS]


def agreement(programme: SplicedProgramme, hops: dict[float, Followed]) -> tuple[int, int]:
    """Seconds on which the hops that are stable name one status and genre, and those with two stable hops."""
    agreed = compared = 0
    for second in settled_seconds(programme):
        beliefs = [followed.at(second) for followed in hops.values()]
        stable = [(b.status, b.genre) for b in beliefs if b.stability == "stable"]
        compared += len(stable) > 1
        agreed += len(stable) > 1 and len(set(stable)) == 1
    return agreed, compared


def seconds_to_stable(programme: SplicedProgramme, followed: Followed) -> list[float]:
    """From each true change to the first stable belief that is right; infinite where there is none."""
    found: list[float] = []
    for index, stretch in enumerate(programme.stretches):
        begin, end = programme.edges[index], programme.edges[index + 1]
        right = [
            time - begin
            for time, b in zip(followed.times, followed.beliefs, strict=True)
            if begin < time <= end
            and b.stability == "stable"
            and (b.status, b.genre) == (stretch.status, stretch.genre)
        ]
        found.append(float(right[0]) if right else np.inf)
    return found


def false_changes(programme: SplicedProgramme, followed: Followed) -> int:
    """Changes other than the first to the truth in each stretch."""
    count, before = 0, ("unknown", None)
    arrived: set[int] = set()
    for time, b in zip(followed.times, followed.beliefs, strict=True):
        now = (b.status, b.genre)
        stretch = int(np.searchsorted(programme.edges[1:-1], time, side="left"))
        truth = (programme.stretches[stretch].status, programme.stretches[stretch].genre)
        count += now != before and (now != truth or stretch in arrived)
        if now == truth:
            arrived.add(stretch)
        before = now
    return count
