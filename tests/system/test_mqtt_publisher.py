"""What a subscriber sees of a node, with a real broker between."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from typing import Any

import pytest

from streamgenre.publish import mqtt_publisher, mqtt_refusals
from streamgenre.publish.commands import Command
from streamgenre.publish.publisher import SourceIdentity
from tests.support.mosquitto import Broker, accepts, sign
from tests.support.mqtt_node import (
    MAIN,
    SHORT_HEARTBEAT_SECONDS,
    Node,
    event,
    mqtt_settings,
    running,
    state,
)
from tests.support.mqtt_subscriber import PATIENCE_SECONDS, Heard, Subscriber, subscriber

pytestmark = pytest.mark.system
PREFIX = "streamgenre/bar"


def wordings(broker: Broker) -> dict[str, dict[str, Any]]:
    sign(broker.folder, "client", days=2)
    ours = {"cert_file": broker.folder / "client.crt", "key_file": broker.folder / "client.key"}
    tls = {"url": broker.tls_url, "ca_file": broker.ca_file}
    return {
        "MQTT 5": {},
        "MQTT 3.1.1": {"protocol": "3.1.1"},
        "TLS": tls,
        "a client certificate": {"url": broker.strict_url, "ca_file": broker.ca_file} | ours,
        "WebSocket": {"url": broker.websocket_url},
        "WebSocket over TLS": {"url": broker.secure_websocket_url, "ca_file": broker.ca_file},
        "WebSocket, 3.1.1": {"url": broker.websocket_url, "protocol": "3.1.1"},
    }


def fresh(listening: Subscriber, topic: str) -> list[Heard]:
    return [one for one in listening.on(topic) if not one.retained]


def test_a_node_tells_all_of_itself_over_every_transport(mosquitto: Broker) -> None:
    for name, changes in wordings(mosquitto).items():
        with subscriber(mosquitto, "streamgenre/#") as listening:
            with running(mqtt_settings(mosquitto, **changes)) as node:
                listening.wait_for(f"{PREFIX}/status", "online")
                listening.wait_for(f"{PREFIX}/main/availability", "offline")
                node.publisher.available("main", True)
                node.publisher.publish(state())
                node.outbox.append([event(1), event(2)])
                listening.wait_for(f"{PREFIX}/main/availability", "online")
                states = listening.wait(lambda: fresh(listening, f"{PREFIX}/main/state"))
                listening.wait_for(f"{PREFIX}/main/event", count=2)
                listening.send(f"{PREFIX}/main/set", '{"hop": 1.0}', correlation=b"42")
                result = listening.wait_for(f"{PREFIX}/main/result")
            listening.wait_for(f"{PREFIX}/status", "offline")
        shown, events = states[0], listening.on(f"{PREFIX}/main/event")
        assert [(one.json["seq"], one.json["title"]) for one in events] == [(1, "title 1"), (2, "title 2")], (
            name
        )
        assert node.outbox.depth == 0
        assert node.commands.asked == [("main", Command(hop_seconds=1.0))]
        assert result.json == {"ok": True, "error": None, "request": {"hop": 1.0}}
        assert list(shown.json) == list(state())
        if changes.get("protocol") != "3.1.1":
            assert 0 < shown.properties["MessageExpiryInterval"] <= 90
            assert shown.user_properties == {"node": "bar", "schema": "1", "model": "genre"}
            assert events[0].user_properties == {"node": "bar", "schema": "1", "model": "genre"}
            assert "MessageExpiryInterval" not in events[0].properties
            assert result.properties["CorrelationData"] == b"42"


def test_who_joins_late_sees_one_correct_retained_state(mosquitto: Broker) -> None:
    with running(mqtt_settings(mosquitto)) as node, subscriber(mosquitto, f"{PREFIX}/#") as first:
        first.wait_for(f"{PREFIX}/status", "online")
        for number, genre in enumerate(["jazz", "rock", "blues"] * 5):
            node.publisher.publish(state(genre=genre, seq=number))
        node.publisher.available("main", True)
        first.wait(lambda: any(one.json["seq"] == 14 for one in first.on(f"{PREFIX}/main/state")))
        with subscriber(mosquitto, f"{PREFIX}/#") as late:
            late.wait_for(f"{PREFIX}/main/state")
            late.wait_for(f"{PREFIX}/main/availability")
            node.publisher.publish(state(genre="jazz", seq=15))
            late.wait_for(f"{PREFIX}/main/state", count=2)
        states = late.on(f"{PREFIX}/main/state")
        assert [(one.json["seq"], one.retained) for one in states] == [(14, True), (15, False)]
        assert late.on(f"{PREFIX}/main/availability")[0].text == "online"
        assert not late.on(f"{PREFIX}/main/event")


def test_an_end_by_force_is_told_by_the_will_and_the_state_expires(mosquitto: Broker) -> None:
    settings = mqtt_settings(mosquitto)
    arguments = [settings.url, str(settings.password_file), str(SHORT_HEARTBEAT_SECONDS)]
    child = subprocess.Popen([sys.executable, "-m", "tests.support.mqtt_child", *arguments])
    try:
        with subscriber(mosquitto, f"{PREFIX}/#") as listening:
            listening.wait_for(f"{PREFIX}/status", "online")
            listening.wait_for(f"{PREFIX}/main/state", count=2)
            child.kill()
            listening.wait_for(f"{PREFIX}/status", "offline")
            killed_at = time.monotonic()
        expiry = listening.on(f"{PREFIX}/main/state")[-1].properties["MessageExpiryInterval"]
        assert expiry <= 3 * SHORT_HEARTBEAT_SECONDS

        def is_forgotten() -> bool:
            with subscriber(mosquitto, f"{PREFIX}/#") as late:
                late.wait_for(f"{PREFIX}/status", "offline")
                late.wait_for(f"{PREFIX}/main/availability")
                return not late.on(f"{PREFIX}/main/state")

        listening.wait(is_forgotten, "the end of the state")
        assert time.monotonic() > killed_at
    finally:
        child.kill()
        child.wait(timeout=10)


def test_it_starts_without_a_broker_and_tells_what_was_meanwhile(mosquitto: Broker) -> None:
    mosquitto.kill()
    with running(mqtt_settings(mosquitto)) as node:
        node.outbox.append([event(1), event(2)])
        for genre in ("jazz", "rock"):
            node.publisher.publish(state(genre=genre))
        give_up = time.monotonic() + PATIENCE_SECONDS
        while node.publisher.trouble is None and time.monotonic() < give_up:
            time.sleep(0.01)
        assert node.publisher.trouble is not None
        assert node.publisher.trouble.kind == "port closed"
        assert not node.publisher.connected
        mosquitto.start()
        with subscriber(mosquitto, f"{PREFIX}/#") as listening:
            listening.wait_for(f"{PREFIX}/main/state")
            listening.wait(lambda: node.outbox.depth == 0)
        assert [one.json["genre"] for one in listening.on(f"{PREFIX}/main/state")] == ["rock"]
        assert node.publisher.trouble is None


def test_a_broker_killed_in_mid_flight_loses_no_event(mosquitto: Broker) -> None:
    settings = mqtt_settings(mosquitto)
    with (
        subscriber(mosquitto, f"{PREFIX}/main/event", session_id="listener") as listening,
        running(settings) as node,
    ):
        for number in range(1, 61):
            node.outbox.append([event(number)])
            if number % 20 == 10:
                listening.wait_for(f"{PREFIX}/main/event", count=number // 2)
                mosquitto.kill()
                mosquitto.start()
        listening.wait(lambda: {one.json["seq"] for one in listening.heard} == set(range(1, 61)))
    firsts = list(dict.fromkeys(one.json["seq"] for one in listening.heard))
    assert firsts == list(range(1, 61))
    told: dict[int, dict[str, Any]] = {}
    for one in listening.heard:
        payload = {key: value for key, value in one.json.items() if key != "late"}
        assert told.setdefault(payload["seq"], payload) == payload


def test_a_broker_that_hangs_does_not_hold_the_end_up(mosquitto: Broker) -> None:
    with running(mqtt_settings(mosquitto)) as node:
        with subscriber(mosquitto, f"{PREFIX}/status") as listening:
            listening.wait_for(f"{PREFIX}/status", "online")
        mosquitto.freeze()
        node.outbox.append([event(1)])
        node.publisher.publish(state())
        node.publisher.stop(5.0)
        node.publisher._thread.join(60)  # its own bound is 1.8 s, that of a busy machine more
        assert not node.publisher._thread.is_alive()
        assert node.outbox.depth == 1
        mosquitto.thaw()
        with subscriber(mosquitto, f"{PREFIX}/#") as listening:
            listening.wait_for(f"{PREFIX}/status", "offline")


def test_stop_sends_what_waits(mosquitto: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_publisher, "LONGEST_STOP_SECONDS", 60.0)
    with subscriber(mosquitto, f"{PREFIX}/#") as listening:
        with running(mqtt_settings(mosquitto)) as node:
            listening.wait_for(f"{PREFIX}/status", "online")
            node.outbox.append([event(number) for number in range(1, 31)])
            node.publisher.publish({"type": "diagnostics", "source": "main", "time": "now"})
            node.publisher.stop(60.0)
        listening.wait_for(f"{PREFIX}/status", "offline")
    assert [one.json["seq"] for one in listening.on(f"{PREFIX}/main/event")] == list(range(1, 31))
    assert listening.heard[-1].text == "offline"


def test_commands_are_checked_answered_and_never_replayed(mosquitto: Broker) -> None:
    with subscriber(mosquitto, f"{PREFIX}/#") as listening:
        listening.send(f"{PREFIX}/main/set", '{"enabled": false}', retain=True)
        with running(mqtt_settings(mosquitto)) as node:
            listening.wait_for(f"{PREFIX}/status", "online")
            results = f"{PREFIX}/main/result"
            listening.send(f"{PREFIX}/main/set", '{"reset": true}')
            listening.wait_for(results, count=1)
            listening.send(f"{PREFIX}/main/set", b"\xff{")
            listening.wait_for(results, count=2)
            listening.send(f"{PREFIX}/main/set", '{"hop": 9}')
            listening.wait_for(results, count=3)
            node.commands.error = "the source has ended"
            listening.send(f"{PREFIX}/main/set", '{"enabled": true}')
            listening.wait_for(results, count=4)
            listening.send(f"{PREFIX}/else/set", '{"reset": true}')
            stranger = listening.wait_for(f"{PREFIX}/else/result")
        answers = [one.json for one in listening.on(results)]
        assert node.commands.asked == [("main", Command(reset=True)), ("main", Command(enabled=True))]
        assert [reply["ok"] for reply in answers] == [True, False, False, False]
        assert answers[1]["request"] == "�{"
        assert "0.1 to 3" in answers[2]["error"]
        assert answers[3]["error"] == "the source has ended"
        assert "no source else" in stranger.json["error"]


def test_live_flows_only_under_its_lease(mosquitto: Broker) -> None:
    with running(mqtt_settings(mosquitto)) as node, subscriber(mosquitto, f"{PREFIX}/#") as listening:
        listening.wait_for(f"{PREFIX}/status", "online")
        node.publisher.live("main", {"n": 0})
        assert not node.publisher.wants_live("main")
        listening.send(f"{PREFIX}/main/set", '{"live": 300}')
        listening.wait_for(f"{PREFIX}/main/result")
        assert node.publisher.wants_live("main")
        assert node.commands.asked == [("main", Command(live_seconds=300.0))]
        node.publisher.live("main", {"n": 1})
        listening.wait_for(f"{PREFIX}/main/live")
        listening.send(f"{PREFIX}/main/set", '{"live": 0}')
        listening.wait_for(f"{PREFIX}/main/result", count=2)
        node.publisher.live("main", {"n": 2})
        node.publisher.publish(state())
        listening.wait_for(f"{PREFIX}/main/state")
        shown = listening.on(f"{PREFIX}/main/live")
        assert [(one.text, one.qos) for one in shown] == [('{"n": 1}', 0)]


def test_a_request_that_is_no_text_is_answered_like_any_other(mosquitto: Broker) -> None:
    with running(mqtt_settings(mosquitto)), subscriber(mosquitto, f"{PREFIX}/#") as listening:
        listening.wait_for(f"{PREFIX}/status", "online")
        listening.send(f"{PREFIX}/main/set", b'{"\\ud800": 1}')
        reply = listening.wait_for(f"{PREFIX}/main/result")
        listening.send(f"{PREFIX}/main/set", b"{" + b" " * 70_000)
        listening.send(f"{PREFIX}/main/set", '{"reset": true}')
        listening.wait(lambda: any(one.json["ok"] for one in listening.on(f"{PREFIX}/main/result")))
        assert [one.text for one in listening.on(f"{PREFIX}/status")] == ["online"]
    assert '"request": {"\\ud800": 1}' in reply.text


def test_what_is_larger_than_the_broker_takes_ends_no_connection_and_holds_nothing_up(
    mosquitto: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    mosquitto.stop()
    mosquitto.configure("max_packet_size 2000")
    mosquitto.start()
    with subscriber(mosquitto, f"{PREFIX}/#") as listening, running(mqtt_settings(mosquitto)) as node:
        listening.wait_for(f"{PREFIX}/status", "online")
        node.publisher.publish(state(title="x" * 2000))
        node.outbox.append([event(1), event(2) | {"title": "x" * 2000}, event(3)])
        listening.wait(lambda: node.outbox.depth == 0)
        node.publisher.publish(state(genre="rock"))
        listening.wait_for(f"{PREFIX}/main/state")
        assert node.outbox.lost == 1
        assert [one.json["seq"] for one in listening.on(f"{PREFIX}/main/event")] == [1, 3]
        assert [one.text for one in listening.on(f"{PREFIX}/status")] == ["online"]
    assert "a message to streamgenre/bar/main/event is larger than the broker takes" in caplog.text


def test_a_node_is_online_once_all_else_that_is_retained_is_right(mosquitto: Broker) -> None:
    settings = mqtt_settings(mosquitto, protocol="3.1.1")
    with running(settings) as node, subscriber(mosquitto, f"{PREFIX}/#") as listening:
        node.publisher.publish(state(genre="blues"))
        node.publisher.available("main", True)
        listening.wait_for(f"{PREFIX}/main/availability", "online")
        listening.wait_for(f"{PREFIX}/main/state")
    with subscriber(mosquitto, f"{PREFIX}/#") as listening:
        listening.wait_for(f"{PREFIX}/main/state")
        with running(settings) as node:
            node.publisher.available("main", True)
            listening.wait_for(f"{PREFIX}/status", "online")
            availability = [one.text for one in listening.on(f"{PREFIX}/main/availability")]
            assert availability[-1] == "offline", "its state is that of an earlier run"
            node.publisher.publish(state(genre="rock"))
            listening.wait(lambda: listening.on(f"{PREFIX}/main/availability")[-1].text == "online")
            assert listening.on(f"{PREFIX}/main/state")[-1].json["genre"] == "rock"
        listening.wait(lambda: listening.on(f"{PREFIX}/status")[-1].text == "offline")
        listening.heard.clear()
        node = Node(settings)
        node.publisher.publish(state(genre="jazz"))
        node.publisher.available("main", True)
        node.publisher.start()
        listening.wait_for(f"{PREFIX}/status", "online")
        node.publisher.stop(5.0)
        node.outbox.close()
    told = [one.topic.removeprefix(f"{PREFIX}/") for one in listening.heard]
    assert told[:3] == ["main/state", "main/availability", "status"]


def test_a_will_that_comes_late_is_corrected(mosquitto: Broker) -> None:
    ours = subscriber(mosquitto, f"{PREFIX}/status", user="streamgenre")
    with running(mqtt_settings(mosquitto)), ours as listening:
        listening.wait_for(f"{PREFIX}/status", "online")
        listening.send(f"{PREFIX}/status", "offline", retain=True)
        listening.wait(lambda: [one.text for one in listening.heard][-2:] == ["offline", "online"])
        with subscriber(mosquitto, f"{PREFIX}/status") as late:
            assert late.wait_for(f"{PREFIX}/status").text == "online"


def test_what_was_refused_is_tried_again_over_the_same_connection(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mqtt_refusals, "PAUSE_SECONDS", 0.2)
    access = mosquitto.folder / "access"
    rules = access.read_text()
    access.write_text(rules.replace("readwrite streamgenre/#", "readwrite streamgenre/bar/main/state"))
    mosquitto.stop()
    mosquitto.start()
    with running(mqtt_settings(mosquitto)) as node, subscriber(mosquitto, f"{PREFIX}/#") as listening:
        node.publisher.publish(state())
        listening.wait_for(f"{PREFIX}/main/state")
        listening.wait(lambda: node.publisher.trouble)
        access.write_text(rules)
        mosquitto.read_rules_again()
        listening.wait_for(f"{PREFIX}/status", "online")
        listening.wait_for(f"{PREFIX}/main/availability", "offline")
        listening.wait(lambda: node.publisher.trouble is None)
        listening.send(f"{PREFIX}/main/set", '{"reset": true}')
        listening.wait_for(f"{PREFIX}/main/result")
        assert len(listening.on(f"{PREFIX}/main/state")) == 1, "it would come again over a new connection"
    assert caplog.text.count("the broker does not let us use streamgenre/bar/status") == 1


class Announcements:
    """Stands for Home Assistant's messages."""

    def discovery(
        self, node: str, source: SourceIdentity, _settings: object, *, components: bool = True
    ) -> list[tuple[str, dict[str, Any] | None]]:
        topic = f"homeassistant/device/streamgenre_{node}_{source.id}/config"
        return [(topic, {"name": source.name, "components": components})]

    def removal(self, node: str, source_id: str, _settings: object) -> list[tuple[str, None]]:
        return [(f"homeassistant/device/streamgenre_{node}_{source_id}/config", None)]


def test_what_left_the_configuration_is_removed_while_running_and_after_a_restart(mosquitto: Broker) -> None:
    side = SourceIdentity("side", "Side", "genre", ("jazz",))
    settings = mqtt_settings(mosquitto, discovery="device")
    more: dict[str, Any] = {"announcements": Announcements()}
    config = "homeassistant/device/streamgenre_bar_{}/config"
    other = "streamgenre/lounge/side/state"
    with subscriber(mosquitto, "#") as listening:
        with running(settings, sources=(MAIN, side), **more) as node:
            listening.wait_for(config.format("side"), '{"name": "Side", "components": false}')
            node.publisher.publish(state(source="side"))
            listening.wait_for(f"{PREFIX}/side/state")
            node.publisher.replace_sources((MAIN,))
            listening.wait_for(config.format("side"), "")
            listening.wait_for(f"{PREFIX}/side/state", "")
            listening.wait_for(f"{PREFIX}/side/availability", "")
            node.publisher.replace_sources((MAIN, side))
            listening.wait_for(config.format("side"), count=3)
            listening.wait_for(f"{PREFIX}/side/availability", count=3)
            listening.send("homeassistant/status", "online")
            listening.wait_for(config.format("side"), count=4)
        listening.heard.clear()
        with running(settings, **more):
            listening.wait_for(config.format("side"), "")
            listening.wait_for(f"{PREFIX}/side/availability", "")
            listening.wait_for(config.format("main"))
        assert not listening.on(other)
    with subscriber(mosquitto, "#") as late:
        late.wait_for(f"{PREFIX}/main/availability")
        late.wait_for(config.format("main"))
        assert not any("side" in one.topic for one in late.heard)


def test_diagnostics_are_one_retained_message_of_the_node(mosquitto: Broker) -> None:
    side = SourceIdentity("side", "Side", "genre", ("jazz",))
    with running(mqtt_settings(mosquitto), sources=(MAIN, side)) as node:
        for source in ("main", "side"):
            accounts = {"type": "diagnostics", "source": source, "time": "2026-11-21T10:00:00.000Z"}
            node.publisher.publish(accounts)
        with subscriber(mosquitto, f"{PREFIX}/#") as listening:
            told = listening.wait_for(f"{PREFIX}/diagnostics").json
    assert [one["source"] for one in told["sources"]] == ["main", "side"]
    assert (told["events_waiting"], told["events_lost"]) == (0, 0)


def test_a_heartbeat_repeats_what_is_new_and_nothing_else(mosquitto: Broker) -> None:
    with running(mqtt_settings(mosquitto, heartbeat_seconds=SHORT_HEARTBEAT_SECONDS)) as node:
        with subscriber(mosquitto, f"{PREFIX}/#") as listening:
            listening.wait_for(f"{PREFIX}/status", "online")
            offered = 0
            while len(listening.on(f"{PREFIX}/main/state")) < 3:
                node.publisher.publish(state(seq=offered))
                offered += 1
                time.sleep(0.02)
        shown = [one.json["seq"] for one in listening.on(f"{PREFIX}/main/state")]
        assert shown == sorted(set(shown))
        assert offered > 2 * len(shown)


def test_two_nodes_of_one_name_are_told_so(mosquitto: Broker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    settings = mqtt_settings(mosquitto)
    with running(settings), running(settings), subscriber(mosquitto, f"{PREFIX}/#") as listening:
        listening.wait(lambda: "give each node its own node.id" in caplog.text)
    assert "secret" not in caplog.text
    assert accepts(mosquitto.port)


def test_answers_are_json_of_the_contract(mosquitto: Broker) -> None:
    with running(mqtt_settings(mosquitto)), subscriber(mosquitto, f"{PREFIX}/#") as listening:
        listening.wait_for(f"{PREFIX}/status", "online")
        listening.send(f"{PREFIX}/main/set", '{"hop": 0.5}')
        text = listening.wait_for(f"{PREFIX}/main/result").text
    assert text == json.dumps({"ok": True, "error": None, "request": {"hop": 0.5}})
