"""Everything one frame of the dashboard is drawn from; nothing in it changes."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.messages import Alarm, Diagnostics, Float32, Level, SourceChange, State, Status

SURE = 0.75
NOT_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one belief, as far as it is known."""

    start_seconds: float
    end_seconds: float
    status: Status
    genre: str | None

    @property
    def name(self) -> str:
        return self.genre or self.status.replace("_", " ")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One source at one moment."""

    node: str
    source: str
    model: str | None
    uptime_seconds: float
    """Wall-clock time since the dashboard opened."""
    quiet_seconds: float
    """Wall-clock time since anything was heard of the source."""
    state: State | None
    title: str | None
    level: Level | None
    held_peak_dbfs: float | None
    """The highest recent peak, falling slowly."""
    mel_columns: Float32
    """(columns, bands) float32, oldest first, any unit that grows with loudness; NaN where silent."""
    mel_column_seconds: float
    passages: tuple[Passage, ...]
    """Oldest first, the last one still going on."""
    source_change: SourceChange | None
    diagnostics: Diagnostics | None
    alarms: tuple[Alarm, ...]
    """Those active, in the order in which they began."""
    latency_ms: float | None
    note: str | None
    """A line from the caller: what is going on, what to do next."""

    @property
    def audio_seconds(self) -> float:
        return self.state.audio_seconds if self.state else 0.0

    @property
    def unsure(self) -> bool:
        """A genre is shown, but believed less than even odds."""
        state = self.state
        return bool(state and state.genre and (state.confidence or 0.0) < NOT_SURE)
