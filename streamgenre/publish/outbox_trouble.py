"""What the outbox cannot do just now, logged once when it begins, when it changes and when it is over."""

from __future__ import annotations

import logging

from streamgenre.trouble_episode import TroubleEpisode

log = logging.getLogger(__name__)


class OutboxTrouble:
    """A named state, not a stream of messages."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._episode = TroubleEpisode()
        self.text: str | None = None
        """For people; None: all is well."""

    def begin(self, text: str, remedy: str) -> None:
        """Tell it, if it is news."""
        if self._episode.is_news(text):
            log.error("%s: %s; %s", self._name, text, remedy)
        self.text = text

    def end(self, outcome: str) -> None:
        """Tell that it is over, if it was there."""
        if self.text is not None:
            log.warning("%s: %s, after %.0f s", self._name, outcome, self._episode.end())
        self.text = None
