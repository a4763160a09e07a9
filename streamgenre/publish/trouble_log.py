"""One line for each change of what is wrong with the broker, not one for each try."""

from __future__ import annotations

import logging

from streamgenre.publish.broker_address import BrokerAddress
from streamgenre.publish.broker_trouble import BrokerTrouble
from streamgenre.trouble_episode import TroubleEpisode

_LOG = logging.getLogger(__name__)


class TroubleLog:
    """Used by the thread that has the connection; `current` may be read by any.

    Trouble is over when a connection holds: of one that comes and goes, each kind is told once.
    """

    def __init__(self) -> None:
        self.current: BrokerTrouble | None = None
        """Why there is no connection; None: there is one, or none was tried yet."""
        self._episode = TroubleEpisode()
        self._told_times: int | None = None
        """Failures when a connection was told; None: none was told since the last one that held."""
        self._refused: dict[str, BrokerTrouble] = {}
        self._noted: set[str] = set()

    @property
    def refused(self) -> BrokerTrouble | None:
        """A topic that the broker does not let us use, if there is any."""
        return next(iter(self._refused.copy().values()), None)

    def away(self, trouble: BrokerTrouble, *, unforeseen: BaseException | None = None) -> None:
        """There is no connection, for this reason."""
        self.current = trouble
        if self._episode.is_news(trouble.text):
            _LOG.warning("%s: %s", trouble.text, trouble.remedy, exc_info=unforeseen)

    def connected(self, address: BrokerAddress) -> None:
        """There is one."""
        self.current = None
        if self._told_times is None:
            self._told_times = times = self._episode.times
            failures = f"{times} failure{'s' * (times != 1)}"
            after = f" again, after {failures} in {self._episode.seconds:.0f} s" if times else ""
            _LOG.info("connected to the broker at %s%s", address, after)

    def holds(self) -> None:
        """It has held for a while."""
        again = self._episode.times - (self._told_times or 0)
        seconds = self._episode.end()
        if again:
            more = f"{again} more failure{'s' * (again != 1)}"
            _LOG.info("the connection to the broker holds, after %s in %.0f s", more, seconds)
        self._told_times = None

    def topic_refused(self, topic: str, trouble: BrokerTrouble) -> None:
        """The broker does not take what is sent to a topic, or does not let us listen to it.

        Of the topics of many sources, one is told for all of a kind.
        """
        leaf = topic.rpartition("/")[2]
        told = any(other.rpartition("/")[2] == leaf for other in self._refused)
        self._refused[topic] = trouble
        if not told:
            _LOG.warning("%s: %s", trouble.text, trouble.remedy)

    def topic_taken(self, topic: str) -> None:
        """It takes it."""
        if self._refused.pop(topic, None) is not None:
            _LOG.info("the broker takes %s again", topic)

    def note(self, text: str) -> None:
        """Something odd, told once."""
        if text not in self._noted and len(self._noted) < 100:
            self._noted.add(text)
            _LOG.warning("%s", text)
