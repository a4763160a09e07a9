"""Every value that crosses a stage boundary, in the order of the flow.

A *sample* is one instant across all channels. Indices of samples are absolute: they count
from the start of the source, at the source's own rate, and include what was lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Status = Literal["no_signal", "silence", "music", "speech", "noise", "unknown"]
Stability = Literal["provisional", "stable"]
SourceState = Literal["online", "stalled", "reconnecting", "ended", "failed", "disabled"]
AlarmKind = Literal["dead_air", "clipping", "out_of_phase", "overload"]

LEVEL_FLOOR_DBFS = -120.0


# capture → features


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What a source delivers once it is open."""

    sample_rate_hz: int
    """Samples a second."""
    channels: int
    """Channels a sample."""


@dataclass(frozen=True, slots=True, eq=False)
class AudioBlock:
    """Consecutive samples of one source, as captured: not mixed, not resampled."""

    samples: Float32
    """(samples, channels) float32, full scale ±1.0; may hold NaN or infinities."""
    first_sample: int
    """Absolute index of the first row; a jump past the end of the last block is a loss of known length."""

    @property
    def end_sample(self) -> int:
        """Absolute index one past the last row."""
        return self.first_sample + len(self.samples)

    def until(self, end_sample: int | None) -> AudioBlock:
        """Return what of it lies before an absolute index; None: all."""
        if end_sample is None or self.end_sample <= end_sample:
            return self
        return AudioBlock(self.samples[: max(0, end_sample - self.first_sample)], self.first_sample)


# features → classify


@dataclass(frozen=True, slots=True)
class Level:
    """How loud the source is at one instant; power is averaged over the channels, before any down-mix."""

    rms_dbfs: float
    """RMS of the last 0.4 s, −120.0 to about 0."""
    peak_dbfs: float
    """Sample peak of the last 0.4 s over all channels, −120.0 and up."""
    silent: bool
    """Every tenth of the last second was below the silence threshold."""
    digital_zero: bool
    """Every sample of the last second was exactly zero."""


@dataclass(frozen=True, slots=True)
class SoundCondition:
    """What may be wrong with the sound itself, over one whole second of the source's time."""

    end_sample: int
    """Absolute index one past its last sample."""
    end_seconds: float
    """The same in audio seconds."""
    silent: bool = False
    """Every tenth of it was below the silence threshold, DC apart."""
    clipped_share: float = 0.0
    """Share of its values at full scale in runs of three or more, over all channels, 0 to 1."""
    phase_correlation: float | None = None
    """Of the first two channels, -1 (opposite) to 1 (equal); None for mono, and where either is silent."""
    cancelled_db: float = 0.0
    """How much quieter the mean of the channels is than their mean power, 0 to 120; DC apart."""
    dc_offset: float = 0.0
    """The mean of the channel where it is greatest in magnitude, full scale ±1.0."""
    loudest_channel: int = 0
    """The first of those with most power, DC apart."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """For how long nothing but clicks has been above the silence threshold, DC apart."""

    seconds: float
    """Heard so; gaps do not count. 0.0 while there is sound."""
    since_seconds: float
    """Audio seconds at which the sound ended."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One model input."""

    features: Float32
    """(frames, bands) float32, compressed."""
    first_sample: int
    """Absolute index of the first source sample it covers."""
    end_sample: int
    """Absolute index one past the last source sample it covers."""
    audible_seconds: float
    """Seconds of it in which the source was above the silence threshold."""
    short: bool = False
    """Less than a window of audio, tiled to fill it."""
    first_frame: int | None = None
    """Index of its first row: equal indices are the same row of the same source, and never the case
    across a gap. None: off the grid of frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """An instant at which a decision falls due, with all that was heard for it."""

    sample: int
    """Absolute index one past the last sample that may be heard."""
    audio_seconds: float
    """The same in seconds from the start of the source."""
    level: Level | None
    """None before the first tenth of a second after a start or a gap."""
    window: Window | None
    """None: there is nothing to classify, for `reason`."""
    evidence_seconds: float
    """Audible seconds the window adds to those of the windows before it."""
    lost_samples: int
    """Samples lost so far."""
    reason: str | None = None
    """filling, silence, digital zero, too little sound, too short, gap or overload."""
    conditions: tuple[SoundCondition, ...] = ()
    """Of each whole second that has ended since the moment before, in order; those cut by a gap left out."""
    quiet: Quiet | None = None
    """None in a gap."""


# classify → decide


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a model says of one window. Distributions sum to 1."""

    genre: NDArray[np.float64]
    """(labels,) posterior over the model's labels."""
    gate: NDArray[np.float64] | None = None
    """(3,) posterior of music, speech, noise; None where the model has no gate."""
    tags: NDArray[np.float64] | None = None
    """(tags,) independent probabilities."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything the decider is told at one decision."""

    audio_seconds: float
    """When the decision falls due, from the start of the source."""
    level: Level | None
    """None before the first tenth of a second."""
    scores: Scores | None
    """None: nothing was classified, for `reason`."""
    evidence_seconds: float = 0.0
    """Audible seconds this window adds to those already counted, at most a window."""
    reason: str | None = None
    """Why there are no scores: too short, filling, gap, overload, silence, digital zero, no samples."""


# decide → publish


@dataclass(frozen=True, slots=True)
class LabelProbability:
    """One row of a top list or tag list."""

    label: str
    p: float
    """Probability, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Belief:
    """The decider's answer at one decision."""

    status: Status
    genre: str | None
    confidence: float | None
    """Of the genre when there is one, else of the status, 0 to 1; None when nothing was measured."""
    stability: Stability
    since_seconds: float
    """Audio seconds at which this status and genre began."""
    top: tuple[LabelProbability, ...] = ()
    """Every label of the model, best first; empty when nothing was classified."""
    tags: tuple[LabelProbability, ...] = ()
    """Strongest tags, best first."""
    reason: str | None = None
    """Set when the status alone does not say enough: too short, digital zero, filling."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The belief over the whole length of a file."""

    seconds: float
    """Length of the file."""
    status: Status
    genre: str | None
    confidence: float | None
    """Of the genre when there is one, else of the status, 0 to 1; None when nothing was measured."""
    top: tuple[LabelProbability, ...] = ()
    """Every label of the model, best first; empty when nothing was classified."""
    tags: tuple[LabelProbability, ...] = ()
    """Strongest tags, best first."""
    short: bool = False
    """Less than a window of audio."""
    reason: str | None = None
    """Set when the status alone does not say enough: too short, digital zero."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which weights spoke."""

    name: str
    sha256: str
    """Of the ONNX file, 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class State:
    """What is believed of a source at one decision."""

    audio_seconds: float
    """Seconds of audio from the start of the source."""
    status: Status
    genre: str | None
    confidence: float | None
    stability: Stability
    since_seconds: float
    top: tuple[LabelProbability, ...]
    tags: tuple[LabelProbability, ...]
    level_dbfs: float | None
    title: str | None
    short: bool
    lost_samples: int
    model: ModelIdentity
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StatusAndGenre:
    """One side of a change."""

    status: Status
    genre: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """The status or the genre switched."""

    audio_seconds: float
    from_: StatusAndGenre
    to: StatusAndGenre
    previous_seconds: float
    """How long the previous belief lasted."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one status and genre has ended."""

    audio_seconds: float
    start_seconds: float
    end_seconds: float
    status: Status
    genre: str | None
    mean_confidence: float | None
    title: str | None
    reason: str
    """change or end; restart, after a crash, where events outlive the program."""


@dataclass(frozen=True, slots=True)
class TitleChange:
    """The stream announced another title."""

    audio_seconds: float
    title: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class SourceChange:
    """A source came, went or is being waited for."""

    audio_seconds: float
    state: SourceState
    reason: str | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that wants a person's attention has begun, or is over."""

    audio_seconds: float
    kind: AlarmKind
    active: bool
    since_seconds: float
    """Audio seconds at which what it tells of began; the same when it ends."""
    level_dbfs: float | None


@dataclass(frozen=True, slots=True)
class SampleAccounts:
    """Where every sample went, at the source's rate: captured = analysed + skipped + lost + pending."""

    captured: int = 0
    analysed: int = 0
    skipped: dict[str, int] = field(default_factory=dict[str, int])
    """By reason: filling, tail, too short, silence, gap, overload, stopped, hop longer than window."""
    lost: int = 0
    pending: int = 0
    not_finite: int = 0
    """NaN or infinite values set to zero; these are counted among the captured."""


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """The accounts of one source."""

    audio_seconds: float
    accounts: SampleAccounts
    hop_seconds: float
    """Hop in force."""
    reconnects: int
    clipped_samples: int
    dc_offset: float = 0.0
    """The mean of the channel where it is greatest in magnitude, over the last second, -1 to 1."""
    lag_seconds: float = 0.0
    """Audio received and not yet analysed, now."""
    upstream_gap_seconds: float = 0.0
    """What device or server lost before us, by the clocks: time that passed without its audio ever coming."""
    last_audio_seconds_ago: float | None = None
    """Clock time since the last sample arrived; None before the first."""


Event = Change | Segment | TitleChange | SourceChange | Alarm
Message = State | Event | Diagnostics


@dataclass(frozen=True, slots=True)
class Stamped:
    """A message as it leaves the program: the only place where clocks meet audio time."""

    message: Message
    time: datetime
    """When it was decided, UTC."""
    latency_ms: float | None
    """From the arrival of the block that completed the decision to the decision; None where none came."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What a file holds: its verdict, and the stretches it is made of."""

    path: str
    seconds: float
    """Length of the audio."""
    status: Status
    genre: str | None
    confidence: float | None
    """Of the genre when there is one, else of the status, 0 to 1; None when nothing was measured."""
    top: tuple[LabelProbability, ...]
    """Every label of the model, best first; empty when nothing was classified."""
    tags: tuple[LabelProbability, ...]
    segments: tuple[Segment, ...]
    short: bool
    """Less than a window of audio."""
    reason: str | None
    damage: str | None = None
    """What was found wrong with the file, in words."""
    not_finite: int = 0
    """NaN or infinite values that were set to zero."""
