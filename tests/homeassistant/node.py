"""A node in a process of its own, to be killed; takes one JSON order a line on stdin.

Arguments: BROKER_URL PASSWORD_FILE DISCOVERY OUTBOX_FILE.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from streamgenre.publish import home_assistant
from streamgenre.publish.commands import Command
from streamgenre.publish.mqtt_publisher import MqttPublisher
from streamgenre.publish.outbox import Outbox
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.settings import MqttSettings

SOURCES = (
    SourceIdentity("main", "The bar", "genre", ("blues", "jazz", "rock")),
    SourceIdentity("hall", "The hall", "genre", ("blues", "jazz", "rock")),
)


def obey(source: str, command: Command) -> str | None:
    sys.stdout.write(json.dumps({"source": source, "enabled": command.enabled}) + "\n")
    sys.stdout.flush()
    return None


def follow(order: dict[str, Any], publisher: MqttPublisher, outbox: Outbox) -> None:
    match order:
        case {"available": source, "online": bool(online)}:
            publisher.available(source, online)
        case {"sources": list(ids)}:
            publisher.replace_sources([source for source in SOURCES if source.id in ids])
        case {"type": "state"}:
            publisher.publish(order)
        case _:
            outbox.append([order])


def main() -> None:
    url, password_file, mode, path = sys.argv[1:]
    settings = MqttSettings(
        url,
        username="streamgenre",
        password_file=Path(password_file),
        discovery=mode,  # type: ignore[arg-type]
        heartbeat_seconds=1200.0,  # nothing is said again here, and must not expire on a slow machine
    )
    outbox = Outbox(Path(path))
    publisher = MqttPublisher(settings, "bar", SOURCES, outbox, obey, announcements=home_assistant)
    publisher.start()
    for line in sys.stdin:
        follow(json.loads(line), publisher, outbox)
    publisher.stop(2.0)
    outbox.close()


if __name__ == "__main__":
    main()
