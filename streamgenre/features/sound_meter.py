"""All that is measured of the sound as captured, from one visit to each of its tenths."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.features.level import KEPT_SECONDS, LevelMeter
from streamgenre.features.quiet import QuietWatch
from streamgenre.features.sound_condition import ConditionMeter
from streamgenre.messages import Float32, Level, Quiet, SoundCondition


@dataclass(frozen=True, slots=True)
class SoundReading:
    """What is known at an instant; the defaults are those of a gap."""

    level: Level | None = None
    """None before the first tenth of a second."""
    conditions: tuple[SoundCondition, ...] = ()
    """Of the seconds that have ended since the reading before."""
    quiet: Quiet | None = None
    """None in a gap."""


class SoundMeter:
    """Level, condition and quiet of one source, over its gaps and changes of format."""

    def __init__(
        self, sample_rate_hz: int, silence_dbfs: float, sound_seconds: float, kept_seconds: float
    ) -> None:
        self._silence_dbfs = silence_dbfs
        self._kept_seconds = max(KEPT_SECONDS, kept_seconds)
        self._quiet = QuietWatch(sound_seconds)
        self._ended: list[SoundCondition] = []
        self._last: SoundCondition | None = None
        self._clipped_before = 0
        self._begin(sample_rate_hz)

    @property
    def level(self) -> Level | None:
        """The level now; None before the first tenth of a second."""
        return self._level.reading()

    @property
    def clipped_samples(self) -> int:
        """Values at full scale in runs of three or more, over all channels."""
        return self._clipped_before + self._level.clipped_samples

    @property
    def dc_offset(self) -> float:
        """That of the last whole second, 0.0 before the first."""
        return self._last.dc_offset if self._last else 0.0

    def process(self, samples: Float32) -> list[SoundCondition]:
        """Take (n, channels) float32, finite, that follow the last ones; return the seconds that ended."""
        tenths = self._level.process(samples)
        if not tenths:
            return []
        self._quiet.process(tenths, self._rate_hz)
        ended = self._conditions.process(tenths)
        if ended:
            self._ended += ended
            self._last = ended[-1]
        return ended

    def take(self) -> SoundReading:
        """Read all; each second's condition is given once."""
        ended, self._ended = tuple(self._ended), []
        return SoundReading(self.level, ended, self._quiet.reading())

    def audible_seconds(self, first_sample: int, end_sample: int) -> float:
        """Return how much of the absolute span, of the seconds kept, was above the silence threshold."""
        return self._level.audible_seconds(first_sample, end_sample)

    def reset(self, first_sample: int) -> None:
        """Go on at the absolute index `first_sample`, after a gap."""
        self._level.reset(first_sample)
        self._conditions.reset()

    def reformat(self, sample_rate_hz: int, first_sample: int) -> None:
        """As `reset`, at another rate."""
        self._clipped_before = self.clipped_samples
        self._begin(sample_rate_hz)
        self.reset(first_sample)

    def _begin(self, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._level = LevelMeter(sample_rate_hz, self._silence_dbfs, self._kept_seconds)
        self._conditions = ConditionMeter(sample_rate_hz, self._silence_dbfs)
