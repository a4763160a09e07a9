"""What a group can bear: a share of its machine, and less where it turned out to serve late.

A group that stays late can bear less than it has, whatever the reason: another program on its machine, a slow
processor. From then on it counts as full with less, and loses stations to others. It is trusted again little
by little; each time that was too early takes twice as long.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from streamgenre.fleet.placement.loads import LATE_SECONDS

MOST_CORES = 1.0
"""One thread of a group decides for all its stations."""
PATIENCE_SECONDS = 30.0
"""A group may be late so long: opening a station takes as much as following it for ten seconds."""
PAUSE_SECONDS = 30.0
"""Between two cuts: stations have to leave, and lateness fades, before the next is judged."""
CUT = 0.8
"""Of the load at which it was late."""
LEAST_SHARE = 0.1
"""Of what it should bear, that it is always believed to."""
TRUST_SECONDS = (300.0, 3600.0)
"""Until it is trusted again in full, at first and at most."""


def share_of_machine(cores: float, groups: int) -> float:
    """Cores that each of so many groups on a machine should be able to bear."""
    return min(MOST_CORES, cores / max(1, groups))


@dataclass(slots=True)
class _Lesson:
    late_since: float | None = None
    cut_at: float | None = None
    limit_cores: float = 0.0
    trust_seconds: float = TRUST_SECONDS[0]


class CapacityBook:
    """What groups that were late turned out to bear. Times are seconds of one steady clock."""

    def __init__(self) -> None:
        self._lessons: dict[str, _Lesson] = {}

    def note(self, group: str, load_cores: float, lag_seconds: float, now: float) -> None:
        """Take what a group reports."""
        lesson = self._lessons.get(group)
        if lag_seconds < LATE_SECONDS:
            if lesson:
                lesson.late_since = None
            return
        lesson = self._lessons.setdefault(group, _Lesson())
        lesson.late_since = now if lesson.late_since is None else lesson.late_since
        rested = lesson.cut_at is None or now - lesson.cut_at >= PAUSE_SECONDS
        if rested and now - lesson.late_since >= PATIENCE_SECONDS:
            _cut(lesson, load_cores, now)

    def capacity(self, group: str, should_bear_cores: float, now: float) -> float:
        """Cores the group can bear, of what it should."""
        lesson = self._lessons.get(group)
        if lesson is None or lesson.cut_at is None:
            return should_bear_cores
        limit = min(max(lesson.limit_cores, LEAST_SHARE * should_bear_cores), should_bear_cores)
        trusted = min(1.0, (now - lesson.cut_at) / lesson.trust_seconds)
        return limit + (should_bear_cores - limit) * trusted

    def keep(self, groups: Container[str]) -> None:
        """Forget all others."""
        self._lessons = {group: lesson for group, lesson in self._lessons.items() if group in groups}


def _cut(lesson: _Lesson, load_cores: float, now: float) -> None:
    first, longest = TRUST_SECONDS
    age = None if lesson.cut_at is None else now - lesson.cut_at
    if age is None or age > 2 * lesson.trust_seconds:
        lesson.trust_seconds = first
    elif age > PATIENCE_SECONDS + PAUSE_SECONDS:
        lesson.trust_seconds = min(longest, 2 * lesson.trust_seconds)
    lesson.limit_cores, lesson.cut_at = CUT * load_cores, now
