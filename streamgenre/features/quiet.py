"""How long a source has been without sound; a click is no sound, nor is DC."""

from __future__ import annotations

from collections.abc import Sequence

from streamgenre.features.tenth import Tenth
from streamgenre.messages import Quiet

_TENTHS_OF_SILENCE = 10


class QuietWatch:
    """Counts the tenths since sound ended: there is sound again once there was enough of it.

    Sound is gathered over pauses of less than a second, so that speech counts; a source begins without.
    Gaps are passed over: what came before and after them adds up.
    """

    def __init__(self, sound_seconds: float) -> None:
        self._enough_tenths = max(1, round(10 * sound_seconds))
        self._quiet = True
        self._since_seconds = self._sound_end_seconds = 0.0
        self._tenths = self._before_sound = 0
        self._sound = self._silence = 0

    def process(self, tenths: Sequence[Tenth], sample_rate_hz: int) -> None:
        """Take the next tenths."""
        if not self._quiet and all(tenth.sounding for tenth in tenths):
            tenths = tenths[-1:]  # as a rule: nothing changes but when it was heard last
        for tenth in tenths:
            self._tenths += 1
            if tenth.sounding:
                self._hear(tenth.end_sample / sample_rate_hz)
            else:
                self._miss()

    def reading(self) -> Quiet:
        """Return how it is now; while sound may be coming back, how it was before."""
        if not self._quiet:
            return Quiet(0.0, self._sound_end_seconds)
        return Quiet((self._before_sound if self._sound else self._tenths) / 10, self._since_seconds)

    def _hear(self, end_seconds: float) -> None:
        if self._sound == 0:
            self._before_sound = self._tenths - 1
        self._sound += 1
        self._silence = 0
        self._sound_end_seconds = end_seconds
        if self._sound >= self._enough_tenths:
            self._quiet = False

    def _miss(self) -> None:
        self._silence += 1
        if self._silence < _TENTHS_OF_SILENCE:
            return
        self._sound = 0
        if not self._quiet:
            self._quiet = True
            self._tenths, self._since_seconds = self._silence, self._sound_end_seconds
