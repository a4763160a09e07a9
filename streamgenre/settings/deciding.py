"""Deciding: smoothers, statuses, alarms, and what is done when it cannot keep up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from streamgenre.messages import SoundCondition

SmoothingName = Literal["hmm", "ema", "vote", "none"]


@dataclass(frozen=True, slots=True)
class SmootherSettings:
    """How fast a belief follows its evidence; every time is in seconds of audio, never in windows."""

    window_seconds: float = 3.0
    """Evidence one whole window carries, 0.5 to 30."""
    dwell_seconds: float = 20.0
    """hmm: how long one label is expected to last, 1 to 3600."""
    temper: float = 2.0
    """hmm: how much it counts against a stretch that it did not foretell a window, above 0 to 10."""
    memory_seconds: float = 15.0
    """hmm: how far back within a stretch windows are averaged, 1 to 3600."""
    gate_dwell_seconds: float = 5.0
    """hmm: dwell_seconds of music, speech and noise."""
    gate_temper: float = 1.0
    """hmm: temper of music, speech and noise."""
    doubt: float = 0.01
    """hmm: share of every posterior taken as uniform, so that no window decides alone, 0.001 to 0.5."""
    ema_seconds: float = 3.0
    """ema: time constant of the average, 0.1 to 600."""
    vote_seconds: float = 5.0
    """vote: how far back votes count, 0.1 to 600."""
    prior_seconds: float = 0.25
    """hmm, ema, vote: evidence the uniform prior is worth, above 0 to 10."""
    idle_seconds: float = 10.0
    """Time constant at which a belief that nothing feeds fades to the prior, 0.1 to 600."""


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """What beliefs over genres proved to be worth on unseen artists; lives in the model's card.

    Each is the power that a belief's probabilities are raised to, 0.05 to 20: below 1 flattens, above 1
    sharpens, and the order of the labels stays as it is.
    """

    hmm: float = 1.0
    ema: float = 1.0
    vote: float = 1.0
    none: float = 1.0
    verdict: float = 1.0
    """Of the belief over a whole file."""

    def of(self, smoothing: SmoothingName) -> float:
        """Return that of a smoother's beliefs."""
        return {"hmm": self.hmm, "ema": self.ema, "vote": self.vote, "none": self.none}[smoothing]


@dataclass(frozen=True, slots=True)
class DecideSettings:
    """How window scores become one belief."""

    smoothing: SmoothingName = "hmm"
    """The smoother: a hidden Markov filter, an exponential average, a vote, or none."""
    hold_seconds: float = 2.0
    """Evidence a new genre must gather before it is called stable, 0 to 60."""
    silence_dbfs: float = -60.0
    """RMS below this for one second is silence, -120 to 0."""
    min_confidence: float = 0.3
    """A genre believed less than this is not published, 0 to 1."""
    dead_air_seconds: float = 30.0
    """Seconds below the silence level after which dead air is an alarm, 1 to 3600."""


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """When sound itself is worth an alarm, beside dead air; measured a whole second at a time."""

    sound_seconds: float = 1.0
    """Sound that ends dead air; less of it, between silences of a second, is a click, 0.1 to 60."""
    clipped_share: float = 0.005
    """A second with this share of its values clipped counts as clipped, above 0 to 1."""
    clipped_seconds: int = 3
    """So many of them within `clipping_memory_seconds` are an alarm, 1 to clipping_memory_seconds."""
    clipping_memory_seconds: int = 10
    """The alarm ends after so long without one, 1 to 3600."""
    opposite_correlation: float = -0.5
    """Channels correlated no more than this are out of phase, -1 to 0, if as much is lost as below."""
    cancelled_db: float = 10.0
    """What the mean of the channels must lose for it, 3 to 120."""
    out_of_phase_seconds: int = 5
    """Seconds in a row of either for the alarm to begin or to end, 1 to 3600."""

    def cancels(self, condition: SoundCondition) -> bool:
        """Whether channels are out of phase so that their mean is no longer what was meant."""
        correlation = condition.phase_correlation
        opposite = correlation is not None and correlation <= self.opposite_correlation
        return opposite and condition.cancelled_db >= self.cancelled_db

    def in_phase(self, condition: SoundCondition) -> bool:
        """Whether there is sound, and nothing opposite in it."""
        return not condition.silent and (condition.phase_correlation or 0.0) >= 0.0


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """How often a source is decided, and how."""

    hop_seconds: float = 0.5
    """Seconds between two decisions, 0.1 to 3.0, in whole milliseconds."""
    decide: DecideSettings = DecideSettings()
    alarms: AlarmSettings = AlarmSettings()


@dataclass(frozen=True, slots=True)
class GovernorSettings:
    """What is done when analysis cannot keep up with a live source."""

    late_seconds: float = 1.5
    """Audio that may wait without being noticed; more for `patience_seconds` is an overload, 0.1 to 60."""
    patience_seconds: float = 3.0
    """A burst that is worked off sooner is none, 0.1 to 60."""
    longest_hop_seconds: float = 3.0
    """The hop is doubled up to this, 0.1 to 3.0."""
    most_behind_seconds: float = 4.0
    """At the longest hop, more waiting audio than this is skipped, 0.1 to 60."""
    remnant_seconds: float = 0.5
    """Down to this, which is also what calm means, 0 to `late_seconds`."""
    calm_seconds: float = 10.0
    """Calm after which the hop is halved again, 1 to 3600."""
    longest_calm_seconds: float = 300.0
    """Each time that was too early, twice as long is waited, up to this, 1 to 3600."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How one source is followed."""

    pipeline: PipelineSettings = PipelineSettings()
    duration_seconds: float | None = None
    """Audio to hear before ending; None: to the end."""
    governor: GovernorSettings = GovernorSettings()
    name: str = "main"
    """What the source is called in the log and in health."""
    persistent: bool = False
    """Whether it is tried again, every half minute, even when opening it fails for good."""
