"""The Ray actor around the publisher."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from streamgenre.errors import StreamgenreError
from streamgenre.fleet.crossing import Loss, Parcel, Receipt
from streamgenre.fleet.doors import UnreachableError
from streamgenre.fleet.ledger import Deployment, Ledger
from streamgenre.fleet.ray_lifeline import end_with_the_cluster
from streamgenre.fleet.ray_names import SUPERVISOR, ask
from streamgenre.publish.commands import Command
from streamgenre.publish.payload import Payload
from streamgenre.settings import Settings, SourceSettings

if TYPE_CHECKING:
    from streamgenre.fleet.voice import Voice

AGAIN_SECONDS = 2.0
"""Until a start that was refused is tried again."""
COMMAND_SECONDS = 2.0
LEDGER_FILE = "fleet.sqlite"

log = logging.getLogger(__name__)


class PublisherActor:
    """Begins with what the ledger says; Ray starts it anew when its process has ended.

    Where that cannot be published, the address of the metrics being taken for one, it tries again.
    """

    def __init__(self, folder: str) -> None:
        # In the actor's process alone: whoever starts it publishes nothing.
        from streamgenre.logs import configure_logs  # noqa: PLC0415

        configure_logs(debug=False)
        end_with_the_cluster()
        self._folder = Path(folder)
        self._voice: Voice | None = None
        self._refusal = "it is being started"
        self._tried_at = float("-inf")
        self._starting = threading.Lock()
        self._try_to_start()

    def configure(self, settings: Settings, stations: Sequence[SourceSettings]) -> tuple[str, ...]:
        """Publish by these from now on; return what waits for a restart. Raises ConfigurationError."""
        return self._there().configure(settings, stations)

    def hand(self, parcel: Parcel) -> Receipt:
        """Take messages of a group."""
        return self._there().hand(parcel)

    def switched_off(self, stations: Sequence[SourceSettings]) -> frozenset[str]:
        """Return which of them are not to be heard now."""
        voice = self._there()
        return frozenset(station.id for station in stations if not voice.enabled(station))

    def interrupted(self, losses: Sequence[Loss]) -> tuple[Loss, ...]:
        """Tell of stations whose group is gone; return those that were told."""
        return self._there().interrupted(losses)

    def tell(self, status: Payload) -> None:
        """Publish how the fleet is."""
        self._there().tell(status)

    def fares(self) -> tuple[str, Payload]:
        """Return which start of the publisher this is, and how it is."""
        voice = self._voice
        if voice is None and time.monotonic() - self._tried_at >= AGAIN_SECONDS:
            self._try_to_start()
            voice = self._voice
        if voice is None:
            return "", {"up_seconds": 0.0, "trouble": self._refusal, "events_waiting": 0}
        return voice.publisher, {
            "up_seconds": round(voice.up_seconds, 1),
            "trouble": voice.trouble,
            "events_waiting": voice.events_waiting,
        }

    def stop(self) -> None:
        """Publish what was handed over, and say that the fleet goes."""
        if self._voice:
            self._voice.stop()

    def _there(self) -> Voice:
        if self._voice is None:
            raise UnreachableError(f"the publisher cannot publish: {self._refusal}")
        return self._voice

    def _try_to_start(self) -> None:
        from streamgenre.fleet.voice import Voice  # noqa: PLC0415  # see __init__

        with self._starting:
            if self._voice:
                return
            self._tried_at = time.monotonic()
            try:
                deployment = self._deployment()
                if deployment is None:
                    return
                voice = Voice(deployment.settings, self._folder, _command)
                voice.configure(deployment.settings, deployment.stations)
                _start(voice)
            except StreamgenreError as error:
                words = " ".join(str(error).splitlines())
                if words != self._refusal:
                    log.error("the publisher cannot be started: %s", words)  # noqa: TRY400  # it is expected
                self._refusal = words
            else:
                self._voice = voice

    def _deployment(self) -> Deployment | None:
        ledger = Ledger(self._folder / LEDGER_FILE)
        try:
            return ledger.deployment()
        finally:
            ledger.close()


def _start(voice: Voice) -> None:
    try:
        voice.start()
    except StreamgenreError:
        voice.stop()  # the next try needs what this one holds
        raise


def _command(station: str, command: Command) -> str | None:
    """Pass on what was asked over MQTT; return what went wrong, or None."""
    try:
        group = ask(SUPERVISOR, "group_of", station, seconds=COMMAND_SECONDS)
        if group is None:
            return "no group follows it just now"
        return ask(group, "command", station, command, seconds=COMMAND_SECONDS)
    except UnreachableError as error:
        return str(error)
