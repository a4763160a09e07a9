"""A fleet at a real broker: what it sees while stations move, groups die and somebody switches them off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from streamgenre.fleet.crossing import Loss, Receipt, Shown
from streamgenre.fleet.voice import Voice
from streamgenre.publish.commands import Command
from streamgenre.settings import Settings
from tests.support.fleet_handing import HandingGroup, station
from tests.support.mosquitto import Broker
from tests.support.mqtt_node import mqtt_settings
from tests.support.mqtt_subscriber import Subscriber, subscriber
from tests.support.publishing import diagnostics, online, segment, state, stopped, title

STATIONS = (station("jazz"), station("rock"))
EVENTS = "streamgenre/radio/jazz/event"


@contextmanager
def on_air(broker: Broker, folder: Path, asked: list[tuple[str, Command]]) -> Iterator[Voice]:
    settings = Settings("radio", mqtt=mqtt_settings(broker, heartbeat_seconds=1.0, discovery="device"))

    def obey(name: str, command: Command) -> None:
        asked.append((name, command))

    voice = Voice(settings, folder / "state", obey)
    voice.configure(settings, STATIONS)
    voice.tell({"schema": 1, "type": "fleet", "node": "radio", "stations": {"total": 2}})
    voice.start()
    try:
        yield voice
    finally:
        voice.stop()


def hand(listening: Subscriber, group: HandingGroup) -> None:
    listening.wait(lambda: not (group.hand(), group.queue)[1], "a receipt")


@pytest.mark.system
def test_a_fleet_is_one_node_whoever_follows_its_stations(mosquitto: Broker, tmp_path: Path):
    asked: list[tuple[str, Command]] = []
    with subscriber(mosquitto, "#") as heard, on_air(mosquitto, tmp_path, asked) as voice:
        one, other = HandingGroup("a", voice.hand, {"jazz": 7, "rock": 7}), HandingGroup("b", voice.hand)
        for name in ("jazz", "rock"):
            one.say(name, online(0), state(10), diagnostics(10))
        hand(heard, one)
        heard.wait_for("streamgenre/radio/jazz/availability", "online")
        assert heard.wait_for("streamgenre/radio/jazz/state").json["epoch"] == 7
        assert json.loads(heard.wait_for("streamgenre/radio/fleet").text)["stations"] == {"total": 2}
        announced = len(heard.on("homeassistant/device/streamgenre_radio_jazz/config"))

        one.say("jazz", segment(20), stopped(20))
        hand(heard, one)
        one.leave("jazz")
        other.follow("jazz", 8)
        other.say("jazz", online(0), state(1, "blues"))
        hand(heard, other)
        heard.wait(lambda: heard.on("streamgenre/radio/jazz/state")[-1].json["epoch"] == 8)

        loss = Loss("jazz", 8, "machine two is gone")
        heard.wait(lambda: voice.interrupted([loss]), "the loss")
        heard.wait(lambda: heard.on("streamgenre/radio/jazz/availability")[-1].text == "offline")
        other.say("jazz", title(5))
        assert other.hand().fenced == ("jazz",)
        one.follow("jazz", 9)
        one.say("jazz", online(0), state(1))
        hand(heard, one)
        heard.wait(lambda: heard.on("streamgenre/radio/jazz/availability")[-1].text == "online")
        heard.wait_for(EVENTS, count=7)

        heard.send("streamgenre/radio/jazz/set", '{"enabled": false}')
        assert heard.wait_for("streamgenre/radio/jazz/result").json["ok"]
        assert voice.switched_off(STATIONS) == {"jazz"}
        assert asked == [("jazz", Command(enabled=False))]

        heard.send("streamgenre/radio/rock/set", '{"live": 60}')
        receipt: Receipt = heard.wait(lambda: (found := one.hand()).wanted and found, "a wish to look")
        assert receipt.wanted == ("rock",)
        one.hand(Shown("rock", datetime.now(UTC), 11.0, None, np.ones((2, 4), np.float32)))
        assert heard.wait_for("streamgenre/radio/rock/live").json["mel"] == [1.0] * 4

        voice.configure(Settings("radio", mqtt=voice._settings.mqtt), STATIONS[:1])
        heard.wait(lambda: heard.on("streamgenre/radio/rock/availability")[-1].text == "")
        assert len(heard.on("homeassistant/device/streamgenre_radio_jazz/config")) == announced
    heard_events = [one.json for one in heard.on(EVENTS)]
    assert [(one["type"], one["seq"], one["epoch"]) for one in heard_events] == [
        *(("source", 1, 7), ("segment", 2, 7), ("source", 3, 7), ("source", 4, 8)),
        *(("segment", 5, 8), ("source", 6, 8), ("source", 7, 9)),
    ]
    assert [one.get("state") for one in heard_events[4:]] == [None, "reconnecting", "online"]
    assert heard_events[5]["reason"] == "machine two is gone"
    heard.wait(lambda: heard.on("streamgenre/radio/status")[-1].text == "offline")
    assert heard.on("streamgenre/radio/status")[-1].text == "offline"
    assert [(one.text[:9], one.qos) for one in heard.on("streamgenre/radio/fleet")] == [
        *(('{"schema"', 0), ("", 0)),  # told, and removed at the end
    ]


@pytest.mark.system
def test_how_the_fleet_is_is_retained_over_a_broker_that_forgets(mosquitto: Broker, tmp_path: Path):
    with on_air(mosquitto, tmp_path, []) as voice:
        with subscriber(mosquitto, "streamgenre/radio/fleet") as heard:
            heard.wait_for("streamgenre/radio/fleet")
            mosquitto.stop()
            (mosquitto.folder / "mosquitto.db").unlink(missing_ok=True)
            voice.tell({"schema": 1, "type": "fleet", "node": "radio", "stations": {"total": 3}})
            mosquitto.start()
            heard.wait(lambda: heard.on("streamgenre/radio/fleet")[-1].json["stations"] == {"total": 3})
        with subscriber(mosquitto, "streamgenre/radio/fleet") as late:
            assert late.wait_for("streamgenre/radio/fleet").retained
