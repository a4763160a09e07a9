"""Everything one frame of the dashboard is drawn from; nothing in it changes."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.messages import Alarm, Diagnostics, Float32, Level, State, Status
from streamgenre.publish.dashboard.part import Part, part_at
from streamgenre.publish.dashboard.standing import ONLINE, Standing
from streamgenre.publish.dashboard.text import clock, moment

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
    """One source at one moment.

    Its times, and those of the messages in it, are seconds on one axis: of the audio from its start, or
    of the clock since 1970.
    """

    node: str
    source: str
    model: str | None
    uptime_seconds: float
    """Wall-clock time since the dashboard opened."""
    age_seconds: float
    """Wall-clock time since anything was heard of the source."""
    state: State | None
    title: str | None
    level: Level | None
    """Of this moment; None: only the state's is known."""
    held_peak_dbfs: float | None
    """The highest recent peak, falling slowly."""
    mel_columns: Float32
    """(columns, bands) float32, oldest first, any unit that grows with loudness; NaN where silent."""
    mel_column_seconds: float
    passages: tuple[Passage, ...]
    """Oldest first, the last one still going on."""
    now_seconds: float
    """Where this moment is on the axis."""
    audio_seconds: float | None
    """Heard since the source began."""
    standing: Standing = ONLINE
    diagnostics: Diagnostics | None = None
    alarms: tuple[Alarm, ...] = ()
    """Those active, in the order in which they began; NaN for a beginning that is not known."""
    latency_ms: float | None = None
    note: str | None = None
    """A line from the caller: what is going on, what to do next."""
    by_clock: bool = False
    """The axis is that of the clock."""
    watched: bool = False
    """Another process runs it."""
    running_seconds: float | None = None
    """For how long the process that runs it has been up, as far as it is known here."""
    version: str | None = None
    """Of the program there, where that is another."""
    reconnects: int | None = None
    """How often it was opened again; None: not told."""
    ahead_seconds: float | None = None
    """How far the clock there is before ours; None: not known."""
    parts: tuple[Part, ...] = ()
    """What is known beforehand of what is played."""

    @property
    def part(self) -> int | None:
        """Which of the parts is played now; None: none of them."""
        return part_at(self.parts, self.now_seconds)

    @property
    def unsure(self) -> bool:
        """A genre is shown, but believed less than even odds."""
        state = self.state
        return bool(state and state.genre and (state.confidence or 0.0) < NOT_SURE)

    def when(self, seconds: float, *, to_the_second: bool = False) -> str:
        """Write a place on the axis: 3:27 of the audio, or 14:02 by the clock."""
        if not self.by_clock:
            return clock(seconds)
        return moment(seconds) if to_the_second else moment(seconds)[:5]
