"""`streamgenre dashboard` on a real terminal, before a real broker with a fleet that is made up."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_node import FakeNode, ago, fake_node
from tests.support.fleet_messages import NODE, fleet_message
from tests.support.mosquitto import PASSWORDS, Broker
from tests.support.program import PROGRAM
from tests.support.terminal import OpenTerminal

pytestmark = pytest.mark.system


@pytest.fixture
def password(mosquitto: Broker) -> Path:
    path = mosquitto.folder / "password-of-ha"
    path.write_text(PASSWORDS["ha"])
    return path


@pytest.fixture
def fleet(mosquitto: Broker) -> Iterator[FakeNode]:
    """One station is heard, and another is not."""
    with fake_node(mosquitto, NODE) as node:
        node.status("online")
        node.state("jazz-fm")
        node.available("jazz-fm")
        node.available("station-0000", "offline")
        tell(node, ago(0.0))
        yield node


def tell(node: FakeNode, time: str) -> None:
    message = fleet_message(time, failing=1, lost=1)
    node.client.send(f"streamgenre/{node.id}/fleet", json.dumps(message), retain=True)


def test_a_fleet_is_seen_above_its_stations_and_on_its_page(
    mosquitto: Broker, password: Path, fleet: FakeNode, open_terminal: OpenTerminal
) -> None:
    command = [str(PROGRAM), "dashboard", "--broker", mosquitto.url, "--username", "ha"]
    environment = {"STREAMGENRE_MQTT__PASSWORD_FILE": str(password)}
    terminal = open_terminal(command, columns=80, rows=24, environment=environment)
    terminal.wait_for(r"▲ fleet radio +59 of 60 heard · ▲ 1 failing · ▲ 1 group lost")
    assert "unavailable: reconnecting: HTTP 404" in terminal.wait_for("jazz-fm +♪ +jazz")
    terminal.press("f")
    for columns, whole in ((80, ""), (200, " .*its process ended: killed by signal 9")):
        terminal.resize(columns, 3 * columns // 10)
        screen = terminal.wait_for(f"✕ head-3f2a91-0 +lost{whole}")
        assert "▲ station-0000" in screen
        assert max(map(len, screen.splitlines())) <= columns
    terminal.press("f")
    terminal.wait_for("jazz-fm +♪ +jazz")
    fleet.status("offline")
    terminal.wait_for("old: node offline · then 59 of 60 heard")
    fleet.client.send(f"streamgenre/{fleet.id}/fleet", "", retain=True)
    terminal.wait_for("(?s)\\A(?!.*fleet).*jazz-fm")
    terminal.press("q")
    assert terminal.wait_for_end() == 0


@pytest.mark.usefixtures("fleet")
def test_off_a_terminal_a_fleet_is_a_line(mosquitto: Broker, password: Path) -> None:
    process = subprocess.Popen(
        [PROGRAM, "dashboard", "--broker", mosquitto.url, "--username", "ha"],
        env=os.environ | {"STREAMGENRE_MQTT__PASSWORD_FILE": str(password)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = [json.loads(process.stdout.readline()) for _ in range(5)]
    (line,) = [one for one in told if one["type"] == "fleet"]
    assert line == fleet_message(line["time"], failing=1, lost=1)
    process.terminate()
    process.wait(60)
    process.stdout.close()
