"""The stretches of a source, pieced together from what is told of it."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from streamgenre.messages import Segment, State
from streamgenre.publish.dashboard.picture import Passage

PASSAGES_KEPT = 2000


class PassageMemory:
    """Touching passages, oldest first, but where nothing was told for longer than `gap_seconds`."""

    def __init__(self, gap_seconds: float = float("inf")) -> None:
        self._gap_seconds = gap_seconds
        self._passages: deque[Passage] = deque(maxlen=PASSAGES_KEPT)

    @property
    def first_seconds(self) -> float | None:
        """Where the first one begins."""
        return self._passages[0].start_seconds if self._passages else None

    def extend(self, state: State) -> None:
        """Lengthen the passage that goes on, or begin another where the belief says it began."""
        end = state.audio_seconds
        start = min(state.since_seconds, end)
        while self._passages and self._passages[-1].start_seconds >= start:
            self._passages.pop()
        if self._passages:
            last = self._passages.pop()
            hole = start - last.end_seconds > self._gap_seconds
            same = not hole and (last.status, last.genre) == (state.status, state.genre)
            joined = end if same else last.end_seconds if hole else start
            self._passages.append(replace(last, end_seconds=joined))
            if same:
                return
        self._passages.append(Passage(start, end, state.status, state.genre))

    def insert(self, ended: Segment) -> None:
        """Put in a stretch whose bounds are known for certain; what is beneath it goes."""
        known = Passage(ended.start_seconds, ended.end_seconds, ended.status, ended.genre)
        if known.end_seconds <= known.start_seconds:
            return
        before = [_until(one, known.start_seconds) for one in self._passages]
        after = [_from(one, known.end_seconds) for one in self._passages]
        kept = [one for one in (*before, known, *after) if one.end_seconds > one.start_seconds]
        self._passages = deque(kept, maxlen=PASSAGES_KEPT)

    def until(self, seconds: float | None = None) -> tuple[Passage, ...]:
        """Return all, the last one lengthened to a time."""
        if seconds is None or not self._passages:
            return tuple(self._passages)
        *before, last = self._passages
        return (*before, replace(last, end_seconds=max(last.end_seconds, seconds)))


def _until(passage: Passage, seconds: float) -> Passage:
    return replace(passage, end_seconds=min(passage.end_seconds, seconds))


def _from(passage: Passage, seconds: float) -> Passage:
    return replace(passage, start_seconds=max(passage.start_seconds, seconds))
