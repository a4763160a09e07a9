"""A node in a process of its own, to be killed: URL, password file, heartbeat in seconds."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from streamgenre.settings import MqttSettings
from tests.support.mqtt_node import running, state


def main() -> None:
    url, password_file, heartbeat_seconds = sys.argv[1:]
    settings = MqttSettings(
        url,
        username="streamgenre",
        password_file=Path(password_file),
        heartbeat_seconds=float(heartbeat_seconds),
        discovery="off",
    )
    with running(settings) as node:
        node.publisher.available("main", True)
        while True:
            node.publisher.publish(state())
            time.sleep(0.05)


if __name__ == "__main__":
    main()
