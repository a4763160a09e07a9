"""A group as the supervisor knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from streamgenre.backoff import Backoff
from streamgenre.fleet.crossing import GroupReport

LEASE_SECONDS = 8.0
MARGIN_SECONDS = 1.0
"""What a group needs, after its lease has run out, to let go of its stations."""
SILENT_SECONDS = 2.0
"""A group that has not reported for so long gets no further stations."""
ENDING_SECONDS = 15.0
"""A group that was told to end hands over what it has, and does not report while it does."""
FORGOTTEN_SECONDS = 60.0
"""So long after it was given up a group is named no more; its process, should there be one, is new then."""
STARTING_SECONDS = 60.0
"""A group that has not reported so long after its start is started anew."""

GroupState = Literal["starting", "serving", "silent", "lost", "leaving"]


@dataclass(slots=True)
class KnownGroup:
    """Times are monotonic seconds."""

    id: str
    machine: str
    began_at: float
    """When it was started last, or first heard of."""
    heard_at: float | None = None
    """When it reported last; for one that a supervisor before this one knew, when this one began."""
    report: GroupReport | None = None
    incarnation: str = ""
    orders: int = 0
    """Number of the orders that hold."""
    starts: int = 1
    leaving: bool = False
    """It is to end as soon as it has no station left."""
    lost_at: float | None = None
    """When its lease had run out; its process may live on."""
    told_to_end: bool = False
    """Its process goes, with whatever stations it has."""
    measured_at: float = float("-inf")
    """When what its stations cost was noted last."""
    again_at: float | None = None
    """Its process is gone: when to start it anew."""
    trouble: str | None = None
    pauses: Backoff = field(default_factory=Backoff)

    @property
    def lost(self) -> bool:
        """Whether it was given up."""
        return self.lost_at is not None

    def state(self, now: float) -> GroupState:
        """Say in a word how it is."""
        if self.lost or self.again_at is not None:
            return "lost"
        if self.leaving or self.told_to_end:
            return "leaving"
        if self.heard_at is None:
            return "starting"
        return "silent" if now - self.heard_at > SILENT_SECONDS else "serving"

    def may_take(self, now: float) -> bool:
        """Whether it may be given stations: it has just spoken, and does not leave."""
        return self.report is not None and self.state(now) == "serving"

    def lapsed(self, now: float) -> bool:
        """Whether its lease has run out for certain."""
        patience = ENDING_SECONDS if self.told_to_end else LEASE_SECONDS + MARGIN_SECONDS
        return self.heard_at is not None and not self.lost and now - self.heard_at > patience

    def is_another(self, report: GroupReport, now: float) -> bool:
        """Whether a report comes from a second process of the same name, while this one has its lease."""
        known = self.report
        return known is not None and known.pid != report.pid and not self.lost and not self.lapsed(now)

    def to_be_forgotten(self, now: float) -> bool:
        """Whether it was given up long ago, or has ended and is not to be started anew."""
        over = self.leaving and self.again_at is not None
        return over or (self.lost_at is not None and now - self.lost_at > FORGOTTEN_SECONDS)

    def start_failed(self, now: float) -> bool:
        """Whether it should have reported long ago."""
        return self.heard_at is None and self.again_at is None and now - self.began_at > STARTING_SECONDS

    def ended(self, now: float, reason: str) -> None:
        """Its process is gone for certain, and is to be started anew."""
        self.heard_at, self.report, self.told_to_end = None, None, False
        self.trouble = reason
        self.again_at = now + (0.0 if self.starts == 1 else self.pauses.next_pause_seconds())

    def began_anew(self, now: float) -> None:
        """It is started now."""
        self.began_at, self.heard_at, self.report = now, None, None
        self.incarnation, self.again_at, self.lost_at = "", None, None
        self.starts += 1
