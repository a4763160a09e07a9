"""What is logged while a source is away: each reason once, and at the end how long it was."""

from __future__ import annotations

import logging

from streamgenre.clock import Clock
from streamgenre.errors import SourceError
from streamgenre.trouble_episode import TroubleEpisode

log = logging.getLogger(__name__)


class Outage:
    """Of one source; begins with the first failure and ends when samples come."""

    def __init__(self, source: str, clock: Clock) -> None:
        self._source = source
        self._episode = TroubleEpisode(clock.monotonic)

    def meet(self, error: SourceError, pause_seconds: float, level: int = logging.WARNING) -> None:
        """Note a failure, and after which pause it is tried again."""
        log.log(
            level if self._episode.is_news(str(error)) else logging.DEBUG,
            "%s: %s; trying again in %.1f s",
            self._source,
            error,
            pause_seconds,
            extra={"source": self._source},
        )

    def end(self) -> None:
        """Note that samples come."""
        tries = self._episode.times
        seconds = self._episode.end()
        if tries:
            failures = f"{tries} failure{'s' * (tries != 1)}"
            log.info(
                "%s: back after %.0f s and %s",
                self._source,
                seconds,
                failures,
                extra={"source": self._source},
            )
