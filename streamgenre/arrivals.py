"""What arrives of one live source, held against the clock: how old, how much, how much never came."""

from __future__ import annotations

from collections import deque

FLOW_SECONDS = 10.0
"""Over which the flow is measured."""
_NOTED_SECONDS = 0.5
_ABSENT_SECONDS = 5.0
_SPAN_SECONDS = 10.0
_JITTER_SECONDS = 0.05
"""More than two clocks drift apart within a span: 0.05 in 10 s is fifty times what sound cards do."""


class ArrivalWatch:
    """Told of every look at a source. All times are seconds of one clock that never runs backwards."""

    def __init__(self, now: float, gap_seconds: float = 0.0) -> None:
        self._last: float | None = None
        self._gap_seconds = gap_seconds
        self._open(now)

    @property
    def upstream_gap_seconds(self) -> float:
        """Seconds that passed without their audio ever coming; what comes late is taken off again."""
        return self._gap_seconds

    def last_audio_seconds_ago(self, now: float) -> float | None:
        """Seconds since the last sample of all; None when none has come yet."""
        return None if self._last is None else now - self._last

    def opened(self, now: float) -> None:
        """The source is open again: what comes now does not continue what came before."""
        self._settle()
        self._open(now)

    def note(self, now: float, received_seconds: float, *, arrived: bool) -> None:
        """Take how much audio was received since the source was opened, read or not.

        `arrived`: whether some came just now.
        """
        if arrived:
            if self._began is None:
                self._begin(now)
            self._last = now
        if self._began is None:
            return
        self._note_flow(now, received_seconds)
        behind_seconds = now - self._began - received_seconds
        if arrived:
            self._last_behind = behind_seconds
        self._note_gap(now, behind_seconds)

    def flow(self, now: float) -> float | None:
        """Share of real time that came of late, 1.0: all of it; None while it is too early to tell."""
        if not self._flow or now - self._flow[0][0] < FLOW_SECONDS:
            return None
        (begin, before), (end, after) = self._flow[0], self._flow[-1]
        return (after - before) / (end - begin)

    def forget_flow(self) -> None:
        """Measure the flow anew."""
        self._flow.clear()

    def _open(self, now: float) -> None:
        self._looked_at = now
        self._began: float | None = None
        self._flow: deque[tuple[float, float]] = deque()
        self._span_began = now
        self._span_least: float | None = None
        self._before_least: float | None = None
        self._last_behind: float | None = None
        self._gap_before = self._gap_seconds

    def _settle(self) -> None:
        """Count what was missing up to the last sample; the silence after it counts when it is over."""
        reference = self._before_least if self._before_least is not None else self._span_least
        if reference is not None and self._last_behind is not None:
            self._count(self._last_behind - reference)

    def _begin(self, now: float) -> None:
        """Note the first sample: since the last one before it, all was lost."""
        self._began = self._span_began = now
        if self._last is not None:
            self._gap_seconds += now - self._last
        self._gap_before = self._gap_seconds

    def _note_flow(self, now: float, received_seconds: float) -> None:
        if self._flow and now - self._looked_at > _ABSENT_SECONDS:
            self._flow.clear()  # nobody looked: the machine slept, or was too busy
        self._looked_at = now
        if not self._flow or now - self._flow[-1][0] >= _NOTED_SECONDS:
            self._flow.append((now, received_seconds))
        while len(self._flow) > 1 and now - self._flow[1][0] >= FLOW_SECONDS:
            self._flow.popleft()

    def _note_gap(self, now: float, behind_seconds: float) -> None:
        """Compare the least that audio is behind, span by span: jitter comes back, loss does not."""
        least = behind_seconds if self._span_least is None else self._span_least
        self._span_least = min(behind_seconds, least)
        if now - self._span_began < _SPAN_SECONDS:
            return
        if self._before_least is not None:
            self._count(self._span_least - self._before_least)
        self._before_least, self._span_least, self._span_began = self._span_least, None, now

    def _count(self, more_seconds: float) -> None:
        """Add what is missing more than before, or take off what has come after all."""
        if abs(more_seconds) > _JITTER_SECONDS:
            self._gap_seconds = max(self._gap_before, self._gap_seconds + more_seconds)
