"""`streamgenre listen --mqtt` at a real broker: what a subscriber sees, and what it may ask."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.audio_files import write_wav
from tests.support.mosquitto import PASSWORDS, Broker, mosquitto
from tests.support.mqtt_subscriber import subscriber
from tests.support.program import PROGRAM
from tests.support.sounds import tune

__all__ = ["mosquitto"]
pytestmark = pytest.mark.system


@contextmanager
def listening(folder: Path, broker: Broker) -> Iterator[subprocess.Popen[str]]:
    song = write_wav(folder / "song.wav", tune(120, 22_050), 22_050)
    secret = folder / "password"
    secret.write_text(PASSWORDS["streamgenre"])
    secret.chmod(0o600)
    url = broker.url.replace("://", "://streamgenre@")
    process = subprocess.Popen(
        [PROGRAM, "listen", song, "--json", "--mqtt", url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"STREAMGENRE_MQTT__PASSWORD_FILE": str(secret), "STREAMGENRE_NODE__ID": "bar"},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_what_is_heard_is_told_and_commands_are_done(tmp_path: Path, mosquitto: Broker):
    with subscriber(mosquitto, "streamgenre/#", "homeassistant/#") as here, listening(tmp_path, mosquitto):

        def heard(kind: str, **fields: object) -> list[dict[str, object]]:
            told = [json.loads(one.text) for one in here.heard if one.text.startswith("{")]
            return [one for one in told if one == one | {"type": kind} | fields]

        here.wait(lambda: heard("state", status="music", stability="stable"), "stable music")
        here.wait(lambda: heard("source", state="online"), "online")
        node = here.heard[0].topic.split("/")[1]
        assert any(one.topic.endswith("/availability") and one.text == "online" for one in here.heard)
        assert any(one.topic.startswith("homeassistant/device/") for one in here.heard)
        here.send(f"streamgenre/{node}/main/set", '{"live": 60}')
        assert here.wait_for(f"streamgenre/{node}/main/live").json["state"]["source"] == "main"
        here.send(f"streamgenre/{node}/main/set", '{"hop": 1.0}')
        here.wait(lambda: [one for one in here.heard if one.topic.endswith("/result")][1:], "two answers")
        here.send(f"streamgenre/{node}/main/set", '{"enabled": false}')
        here.wait(lambda: heard("source", state="disabled"), "disabled")
        here.send(f"streamgenre/{node}/main/set", '{"enabled": true}')
        here.wait(lambda: heard("source", state="online")[1:], "online again")
        numbers = [
            one["seq"] for one in map(json.loads, (h.text for h in here.heard if h.topic.endswith("/event")))
        ]
        assert numbers == list(range(1, len(numbers) + 1))
    with subscriber(mosquitto, "streamgenre/+/status") as late:
        assert late.wait_for(f"streamgenre/{node}/status").text == "offline"


def test_a_broker_that_is_away_is_waited_for(tmp_path: Path, mosquitto: Broker):
    mosquitto.stop()
    with listening(tmp_path, mosquitto):
        mosquitto.start()
        with subscriber(mosquitto, "streamgenre/#") as here:
            states = here.wait(lambda: [one for one in here.heard if one.topic.endswith("/state")], "a state")
            assert states[0].json["source"] == "main"
