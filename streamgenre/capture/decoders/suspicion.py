"""Which streams may have brought their decoder process down, and with how many they may share the next."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

MEMORY_SECONDS = 3600.0
"""After so long without another crash a stream is trusted again."""
_SHRINKING = 4


class Suspicion:
    """A crash makes every stream of the group a suspect, for nobody knows which one did it.

    The suspects go on in groups of a quarter the size, so that the culprit soon brings down itself alone.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._crashes: dict[str, tuple[int, float]] = {}
        self._changing = threading.Lock()

    def note_crash(self, urls: Iterable[str]) -> None:
        """These were being decoded when their process crashed."""
        with self._changing:
            now = self._clock()
            self._crashes = {url: seen for url, seen in self._crashes.items() if _fresh(seen, now)}
            for url in urls:
                self._crashes[url] = self._crashes.get(url, (0, now))[0] + 1, now

    def allowed_streams(self, url: str, most: int) -> int:
        """How many streams there may be in its group, itself among them: 1 to `most`."""
        with self._changing:
            seen = self._crashes.get(url)
            crashes = seen[0] if seen and _fresh(seen, self._clock()) else 0
        return max(1, most // _SHRINKING**crashes)


def _fresh(seen: tuple[int, float], now: float) -> bool:
    return now - seen[1] < MEMORY_SECONDS
