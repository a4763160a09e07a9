"""How loud a source is, in tenths of a second that do not depend on the blocks it came in."""

from __future__ import annotations

import bisect
import copy
import math

import numpy as np

from streamgenre.features.clipping import ClipCounter
from streamgenre.features.tenth import Tenth, TenthGauge
from streamgenre.messages import LEVEL_FLOOR_DBFS, Float32, Level

_TENTHS_SHOWN = 4
_TENTHS_OF_SILENCE = 10
KEPT_SECONDS = 10.0


class LevelMeter:
    """Measures the tenths between the absolute samples k × rate // 10, each once it is complete.

    What began after the start of its tenth, after a gap, is left out.
    """

    def __init__(self, sample_rate_hz: int, silence_dbfs: float, kept_seconds: float = KEPT_SECONDS) -> None:
        self._rate_hz = sample_rate_hz
        self._tenths_kept = math.ceil(10 * kept_seconds)
        self._gauge = TenthGauge(silence_dbfs)
        self._clips = ClipCounter()
        self._waiting: list[Float32] = []
        self.reset(0)

    @property
    def clipped_samples(self) -> int:
        """Values at full scale in runs of three or more, over all channels, since the meter was made."""
        if not self._waiting:
            return self._clips.clipped_samples
        by_now = copy.copy(self._clips)
        by_now.process(np.concatenate(self._waiting))
        return by_now.clipped_samples

    def process(self, samples: Float32) -> list[Tenth]:
        """Take (n, channels) float32, finite, that follow the last ones; return the tenths they complete."""
        self._end += len(samples)
        if self._end < self._boundary_after(self._first_waiting):
            self._waiting.append(samples.copy())
            return []
        waiting = np.concatenate([*self._waiting, samples])  # fresh: contiguous and writable, as kernels need
        tenths = self._close(waiting)
        self._waiting = (
            [waiting[self._first_waiting - self._end :].copy()] if self._first_waiting < self._end else []
        )
        self._tenths += tenths
        del self._tenths[: -self._tenths_kept]
        return tenths

    def reading(self) -> Level | None:
        """Return the level of the last complete tenths; None before the first."""
        if not self._tenths:
            return None
        shown, second = self._tenths[-_TENTHS_SHOWN:], self._tenths[-_TENTHS_OF_SILENCE:]
        full = len(second) == _TENTHS_OF_SILENCE
        return Level(
            rms_dbfs=_dbfs(sum(tenth.power for tenth in shown) / len(shown)),
            peak_dbfs=_dbfs(max(tenth.peak for tenth in shown) ** 2),
            silent=full and not any(tenth.audible for tenth in second),
            digital_zero=full and not any(tenth.peak for tenth in second),
        )

    def audible_seconds(self, first_sample: int, end_sample: int) -> float:
        """Return how much of the absolute span, of the seconds kept, was above the silence threshold.

        The tenth that `end_sample` cuts counts as the one before it, so that nothing later matters.
        """
        begin = bisect.bisect_right(self._tenths, first_sample, key=_end_of)
        end = bisect.bisect_right(self._tenths, end_sample, key=_end_of)
        samples = sum(
            tenth.end_sample - max(tenth.first_sample, first_sample)
            for tenth in self._tenths[begin:end]
            if tenth.audible
        )
        if end and self._tenths[end - 1].audible:
            samples += end_sample - max(self._tenths[end - 1].end_sample, first_sample)
        return samples / self._rate_hz

    def reset(self, first_sample: int) -> None:
        """Go on at the absolute index `first_sample`, as if nothing had been heard but the clips."""
        if self._waiting:
            self._clips.process(np.concatenate(self._waiting))
        self._clips.reset()
        self._tenths: list[Tenth] = []
        self._waiting = []
        self._first_waiting = self._end = first_sample

    def _boundary_after(self, sample: int) -> int:
        tenth = sample * 10 // self._rate_hz
        while (boundary := tenth * self._rate_hz // 10) <= sample:
            tenth += 1
        return boundary

    def _close(self, waiting: Float32) -> list[Tenth]:
        """Measure every tenth that is complete; of one that was cut, only count the clips."""
        first = self._first_waiting
        bounds = [0] if self._boundary_after(first - 1) == first else []
        while (boundary := self._boundary_after(self._first_waiting)) <= self._end:
            bounds.append(boundary - first)
            self._first_waiting = boundary
        if bounds[0]:
            self._clips.process(waiting[: bounds[0]])
        return self._gauge.measure(waiting, bounds, first, self._clips) if len(bounds) > 1 else []


def _end_of(tenth: Tenth) -> int:
    return tenth.end_sample


def _dbfs(power: float) -> float:
    return max(LEVEL_FLOOR_DBFS, 10 * math.log10(power)) if power > 0 else LEVEL_FLOOR_DBFS
