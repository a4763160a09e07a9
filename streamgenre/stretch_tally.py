"""What is weighed within one stretch by how long it stood: the confidence, and the title."""

from __future__ import annotations

from streamgenre.messages import State


class StretchTally:
    """Takes the states of one stretch in their order."""

    def __init__(self) -> None:
        self.last: State | None = None
        """The last state taken."""
        self._told_seconds = 0.0
        self._confidence_seconds = 0.0
        self._weighed_seconds = 0.0
        self._title_seconds = 0.0
        self._longest: tuple[float, str | None] = (0.0, None)

    def resume(self, seconds: float, mean_confidence: float | None, title: str | None) -> None:
        """Begin with what was found of the stretch so far, over so many seconds."""
        if mean_confidence is not None:
            self._weighed_seconds, self._confidence_seconds = seconds, seconds * mean_confidence
        if title is not None:
            self._longest = seconds, title

    def take(self, state: State) -> None:
        """Take the next state; what the last one said stood until then."""
        self.pass_time(state.audio_seconds)
        if self.last is None or state.title != self.last.title:
            self._title_seconds = 0.0
        self.last, self._told_seconds = state, state.audio_seconds

    def pass_time(self, audio_seconds: float) -> None:
        """Let what the last state said stand until then."""
        if self.last is None:
            return
        seconds = audio_seconds - self._told_seconds
        self._told_seconds = audio_seconds
        if self.last.confidence is not None:
            self._confidence_seconds += seconds * self.last.confidence
            self._weighed_seconds += seconds
        self._title_seconds += seconds
        if self.last.title is not None and self._title_seconds > self._longest[0]:
            self._longest = self._title_seconds, self.last.title

    @property
    def mean_confidence(self) -> float | None:
        """Weighed by seconds, of the states that had one."""
        if self._weighed_seconds:
            return self._confidence_seconds / self._weighed_seconds
        return self.last.confidence if self.last else None

    @property
    def title(self) -> str | None:
        """The one that stood longest: a station tells the next some seconds before its genre is known."""
        if self._longest[1] is None and self.last:
            return self.last.title
        return self._longest[1]
