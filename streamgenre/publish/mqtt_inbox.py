"""What comes from the broker: commands, what earlier configurations left, Home Assistant's birth."""

from __future__ import annotations

import logging
from collections.abc import Callable

from streamgenre.publish.commands import (
    Command,
    CommandHandler,
    CommandRefusedError,
    answer,
    echo,
    parse_command,
    parse_request,
)
from streamgenre.publish.mqtt_message import Incoming, Outgoing
from streamgenre.publish.mqtt_pending import MqttPending
from streamgenre.publish.mqtt_topics import HOME_ASSISTANT_STATUS, Topics

_LOG = logging.getLogger(__name__)


class MqttInbox:
    """Used by the thread that has the connection."""

    def __init__(
        self, topics: Topics, pending: MqttPending, commands: CommandHandler, note: Callable[[str], None]
    ) -> None:
        self._topics = topics
        self._pending = pending
        self._commands = commands
        self._note = note

    def take(self, message: Incoming, now: float) -> None:
        """Do what a message asks for; anything else is passed over."""
        if message.topic == self._topics.status:
            self._correct(message)
            return
        if message.topic == HOME_ASSISTANT_STATUS:
            if message.payload == b"online":
                self._pending.announce()
            return
        match self._topics.parse(message.topic):
            case source, "set":
                self._obey(source, message, now)
            case source, ("state" | "availability"):
                if message.retained and message.payload and not self._pending.knows(source):
                    _LOG.info("removing what the broker retains of %s, which is not configured", source)
                    self._pending.remove(source)
            case _:
                return

    def _correct(self, message: Incoming) -> None:
        """A connection that was given up may be buried late: its will then comes after our greeting."""
        if not message.retained and message.payload != b"online":
            self._pending.say_online()

    def _obey(self, source: str, message: Incoming, now: float) -> None:
        if message.retained:
            self._note(
                f"a command retained on {message.topic} is ignored, as it would come again at each "
                "connection: clear it, and send commands without the retain flag"
            )
            return
        request: object = echo(message.payload)
        try:
            request = parse_request(message.payload)
            error = self._do(source, parse_command(request), now)
        except CommandRefusedError as refusal:
            error = str(refusal)
        topic = self._topics.of(source, "result")
        self._pending.result(Outgoing(topic, answer(request, error), correlation=message.correlation))

    def _do(self, source: str, command: Command, now: float) -> str | None:
        if not self._pending.knows(source):
            return f"no source {source} is configured"
        try:
            error = self._commands(source, command)
        except Exception as failure:  # noqa: BLE001  # not ours; the sender is told
            _LOG.exception("a command failed")
            return f"the command failed: {failure}"
        if error is None and command.live_seconds is not None:
            self._pending.lease(source, command.live_seconds, now)
        return error
