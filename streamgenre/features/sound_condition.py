"""What may be wrong with the sound: clipping, channels that cancel, DC; a whole second at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from streamgenre.features.tenth import Tenth
from streamgenre.messages import SoundCondition

_TENTHS = 10
_MOST_DB = 120.0


class ConditionMeter:
    """Sums up the tenths between the absolute samples k × rate, once all ten have come.

    A second that a gap cut is left out.
    """

    def __init__(self, sample_rate_hz: int, silence_dbfs: float) -> None:
        self._rate_hz = sample_rate_hz
        self._silence_power = 10 ** (silence_dbfs / 10)
        self._tenths: list[Tenth] = []

    def process(self, tenths: Sequence[Tenth]) -> list[SoundCondition]:
        """Take the tenths that follow the last ones; return the seconds they complete."""
        found: list[SoundCondition] = []
        for tenth in tenths:
            self._tenths.append(tenth)
            if tenth.end_sample % self._rate_hz == 0:
                if len(self._tenths) == _TENTHS:
                    found.append(self._condition(self._tenths))
                self._tenths = []
        return found

    def reset(self) -> None:
        """The next tenth does not follow the last one."""
        self._tenths = []

    def _condition(self, tenths: Sequence[Tenth]) -> SoundCondition:
        count = sum(tenth.end_sample - tenth.first_sample for tenth in tenths)
        means = [total / count for total in _added([tenth.sums for tenth in tenths])]
        squares = _added([tenth.squares for tenth in tenths])
        powers = [max(0.0, square / count - mean**2) for square, mean in zip(squares, means, strict=True)]
        mixed = sum(tenth.mixed for tenth in tenths) / count - sum(means) ** 2
        covariance = 0.0
        if len(means) > 1:
            covariance = sum(tenth.product for tenth in tenths) / count - means[0] * means[1]
        return SoundCondition(
            end_sample=tenths[-1].end_sample,
            end_seconds=tenths[-1].end_sample / self._rate_hz,
            silent=not any(tenth.sounding for tenth in tenths),
            clipped_share=min(1.0, sum(tenth.clipped for tenth in tenths) / (count * len(means))),
            phase_correlation=self._correlation(powers, covariance),
            cancelled_db=self._cancelled_db(powers, mixed),
            dc_offset=max(means, key=abs),
            loudest_channel=powers.index(max(powers)),
        )

    def _correlation(self, powers: list[float], covariance: float) -> float | None:
        if len(powers) == 1 or min(powers[:2]) < self._silence_power:
            return None
        return max(-1.0, min(1.0, covariance / math.sqrt(powers[0] * powers[1])))

    def _cancelled_db(self, powers: list[float], mixed: float) -> float:
        """`mixed` is the power of the channels' sum."""
        mean = sum(powers) / len(powers)
        if mean < self._silence_power:
            return 0.0
        left = max(0.0, mixed) / len(powers) ** 2
        return _MOST_DB if left <= 0 else max(0.0, min(_MOST_DB, 10 * math.log10(mean / left)))


def _added(rows: Sequence[tuple[float, ...]]) -> list[float]:
    return [math.fsum(column) for column in zip(*rows, strict=True)]
