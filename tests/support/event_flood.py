"""A daemon's way of a message, to be killed: URL, password file, outbox, events in all."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from streamgenre.messages import ModelIdentity, Stamped, State, TitleChange
from streamgenre.publish.dispatcher import Dispatcher
from streamgenre.publish.mqtt_publisher import MqttPublisher
from streamgenre.publish.outbox import Outbox
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.settings import MqttSettings
from tests.support.mqtt_node import Commands, QuickBackoff

SOURCES = ("a", "b", "c")
EVENTS_A_SECOND = 150
HEARTBEAT_SECONDS = 0.2


def title(number: int) -> Stamped:
    return Stamped(TitleChange(number / 10, f"title {number}", None), datetime.now(UTC), None)


def state(number: int) -> Stamped:
    belief = State(
        audio_seconds=number / 10,
        status="music",
        genre="jazz",
        confidence=0.9,
        stability="stable",
        since_seconds=0.0,
        top=(),
        tags=(),
        level_dbfs=-18.0,
        title=None,
        short=False,
        lost_samples=0,
        model=ModelIdentity("genre", "0" * 64),
    )
    return Stamped(belief, datetime.now(UTC), 1.0)


def main() -> None:
    url, password_file, path, total = sys.argv[1:]
    settings = MqttSettings(
        url, username="streamgenre", password_file=Path(password_file), heartbeat_seconds=1.0, discovery="off"
    )
    identities = [SourceIdentity(source, source, "genre", ("jazz",)) for source in SOURCES]
    outbox = Outbox(Path(path))
    publisher = MqttPublisher(settings, "bar", identities, outbox, Commands(), backoff=QuickBackoff())
    dispatcher = Dispatcher("bar", outbox, [publisher], heartbeat_seconds=HEARTBEAT_SECONDS)
    publisher.start()
    dispatcher.start()
    number = 0
    while sum(outbox.last_seq(source) for source in SOURCES) < int(total):
        number += 1
        source = SOURCES[number % len(SOURCES)]
        dispatcher.offer(source, title(number))
        dispatcher.offer(source, state(number))
        time.sleep(1 / EVENTS_A_SECOND)
    dispatcher.stop(120.0)
    while outbox.depth:
        time.sleep(0.02)
    sys.stdout.write(" ".join(str(outbox.last_seq(source)) for source in SOURCES))
    publisher.stop(2.0)


if __name__ == "__main__":
    main()
