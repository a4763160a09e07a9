"""What a real Home Assistant makes of our messages: `make test-homeassistant`, skipped without its core."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from streamgenre.messages import (
    Alarm,
    Change,
    LabelProbability,
    Message,
    ModelIdentity,
    SourceChange,
    Stamped,
    State,
    StatusAndGenre,
)
from streamgenre.publish.home_assistant import discovery
from streamgenre.publish.outbox import Outbox
from streamgenre.publish.payload import UnnumberedEncoder
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.settings import MqttSettings
from tests.homeassistant.conftest import PYTHON, Core, Program, core_running, node_running
from tests.support.mosquitto import Broker
from tests.support.mqtt_subscriber import subscriber

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not PYTHON, reason="needs a Home Assistant of its own: make test-homeassistant"),
]
MODES = ["device", "components"]
MAIN = "streamgenre_bar_main"
OF_STATE = [f"{MAIN}_{key}" for key in ("genre", "status", "confidence", "level", "title", "dead_air")]
OTHERS = [f"{MAIN}_{key}" for key in ("audio", "change", "enabled")]
HALL_SWITCH = "streamgenre_bar_hall_enabled"
JAZZ = StatusAndGenre("music", "jazz")
SILENCE = StatusAndGenre("silence", None)


class Told:
    """Tells a node what a session would, as the encoder of the program words it."""

    def __init__(self, node: Program) -> None:
        self._node = node
        self._encoder = UnnumberedEncoder("bar", "main")

    def payload(self, message: Message) -> dict[str, Any]:
        return self._encoder.encode(Stamped(message, datetime.now(UTC), 41.0), 1)

    def __call__(self, message: Message) -> None:
        self._node.tell(self.payload(message))


def state(**changes: Any) -> State:
    fields: dict[str, Any] = {
        "audio_seconds": 930.5,
        "status": "music",
        "genre": "jazz",
        "confidence": 0.8712,
        "stability": "stable",
        "since_seconds": 723.0,
        "top": (LabelProbability("jazz", 0.8712), LabelProbability("blues", 0.0711)),
        "tags": (LabelProbability("instrumental", 0.41),),
        "level_dbfs": -18.3,
        "title": "Artist – “Title”",
        "short": False,
        "lost_samples": 0,
        "model": ModelIdentity("genre", "ab" * 32),
    }
    return State(**(fields | changes))


def silence() -> State:
    return state(
        status="silence",
        genre=None,
        confidence=None,
        level_dbfs=None,
        title=None,
        top=(),
        tags=(),
        reason="digital zero",
    )


def change(before: StatusAndGenre, after: StatusAndGenre) -> Change:
    return Change(930.5, before, after, 207.5)


def no_complaints(core: Core) -> None:
    """But of how the core itself was started, and how slow the machine is."""
    told = [line for line in core.complaints() if not line.startswith("homeassistant.helpers.frame: ")]
    assert [line for line in told if "taking over" not in line and "No ACK from" not in line] == []


@pytest.mark.parametrize("mode", MODES)
def test_its_own_schemas_take_every_message(core: Core, mode: str):
    settings = MqttSettings("mqtt://here", heartbeat_seconds=0.5)
    source = SourceIdentity("main", "The bar", "genre", ("blues", "jazz"))
    messages = discovery("bar", source, settings, components=mode == "components")
    for topic, payload in messages:
        platform = topic.split("/")[1] if mode == "components" else None
        assert core.program.ask(do="validate", payload=payload, platform=platform) is None
    broken = dict(messages[0][1] or {}, qos=7)
    platform = "binary_sensor" if mode == "components" else None
    assert "Invalid" in core.program.ask(do="validate", payload=broken, platform=platform)


@pytest.mark.parametrize("mode", MODES)
def test_entities_appear_and_follow_the_music(core: Core, mosquitto: Broker, mode: str):
    with node_running(mosquitto, mode) as node:
        told = Told(node)
        told(state())
        core.wait_for(f"{MAIN}_genre", "jazz")
        core.wait_for(f"{MAIN}_change", "unknown")
        assert core.all_states(*OF_STATE) == {
            f"{MAIN}_genre": "jazz",
            f"{MAIN}_status": "music",
            f"{MAIN}_confidence": "87.12",
            f"{MAIN}_level": "-18.3",
            f"{MAIN}_title": "Artist – “Title”",
            f"{MAIN}_dead_air": "off",
        }
        core.wait_for(f"{MAIN}_audio", "on")
        core.wait_for("streamgenre_bar_connection", "on")
        genre = core.attributes(f"{MAIN}_genre")
        assert genre["options"] == ["blues", "jazz", "rock"]
        assert genre["stability"] == "stable"
        assert genre["top"][1] == {"label": "blues", "p": 0.0711}
        assert genre["friendly_name"] == "The bar Genre"
        assert core.attributes(f"{MAIN}_level")["unit_of_measurement"] == "dBFS"
        devices = core.program.ask(do="devices")
        assert devices[MAIN]["via"] == ["streamgenre_bar"]
        assert devices[MAIN]["name"] == "The bar"
        assert devices["streamgenre_bar"]["name"] == "streamgenre bar"

        told(state(genre="rock", confidence=0.5))
        core.wait_for(f"{MAIN}_genre", "rock")
        told(silence())
        core.wait_for(f"{MAIN}_status", "silence")
        unknown = ("genre", "confidence", "level", "title")
        for key in unknown:
            core.wait_for(f"{MAIN}_{key}", "unknown")
        assert core.attributes(f"{MAIN}_status")["reason"] == "digital zero"
        told(state(title="x" * 300))
        core.wait_for(f"{MAIN}_title", "x" * 255)
    no_complaints(core)


@pytest.mark.parametrize("mode", MODES)
def test_dead_air_is_a_problem_until_it_ends(core: Core, mosquitto: Broker, mode: str):
    with node_running(mosquitto, mode) as node:
        told = Told(node)
        told(silence())
        core.wait_for(f"{MAIN}_dead_air", "off")
        told(Alarm(960.5, "dead_air", active=True, since_seconds=930.5, level_dbfs=-90.0))
        told(silence())
        core.wait_for(f"{MAIN}_dead_air", "on")
        assert core.all_states(f"{MAIN}_status", f"{MAIN}_dead_air") == {
            f"{MAIN}_status": "silence",
            f"{MAIN}_dead_air": "on",
        }
        assert core.attributes(f"{MAIN}_dead_air")["device_class"] == "problem"
        told(Alarm(990.5, "dead_air", active=False, since_seconds=930.5, level_dbfs=-20.0))
        told(silence())
        core.wait_for(f"{MAIN}_dead_air", "off")
        assert core.state(f"{MAIN}_dead_air") == "off"
    no_complaints(core)


@pytest.mark.parametrize("mode", MODES)
def test_a_killed_node_makes_all_unavailable_until_it_is_back(core: Core, mosquitto: Broker, mode: str):
    with node_running(mosquitto, mode) as node:
        Told(node)(state())
        core.wait_for(f"{MAIN}_genre", "jazz")
        node.kill()
        for unique_id in OF_STATE + OTHERS:
            core.wait_for(unique_id, "unavailable")
        core.wait_for("streamgenre_bar_connection", "off")
    with node_running(mosquitto, mode) as node:
        Told(node)(state(genre="blues"))
        core.wait_for(f"{MAIN}_genre", "blues")
        core.wait_for("streamgenre_bar_connection", "on")
        node.tell({"available": "main", "online": False})
        core.wait_for(f"{MAIN}_genre", "unavailable")
        core.wait_for(f"{MAIN}_audio", "off")
        assert core.state(f"{MAIN}_enabled") != "unavailable", "or nobody could switch it on again"
        node.tell({"available": "main", "online": True})
        core.wait_for(f"{MAIN}_genre", "blues")
    no_complaints(core)


@pytest.mark.parametrize("mode", MODES)
def test_a_change_fires_once_and_a_late_one_does_not(core: Core, mosquitto: Broker, mode: str):
    with node_running(mosquitto, mode) as node:
        told = Told(node)
        told(state())
        core.wait_for(f"{MAIN}_change", "unknown")
        told(SourceChange(0.0, "online", None))
        told(change(SILENCE, JAZZ))
        core.wait(lambda: len(core.fired()) == 1, lambda: f"fired {core.fired()}")
        fired = core.fired()[0]
        assert fired["event_type"] == "change"
        assert (fired["from_status"], fired["from_genre"]) == ("silence", None)
        assert (fired["status"], fired["genre"], fired["previous_seconds"]) == ("music", "jazz", 207.5)
        node.end()
        outbox = Outbox(mosquitto.folder / "events.sqlite")
        outbox.append([told.payload(change(JAZZ, SILENCE))])
        outbox.close()
    with subscriber(mosquitto, "streamgenre/#") as watching, node_running(mosquitto, mode) as node:
        late = watching.wait_for("streamgenre/bar/main/event").json
        assert (late["type"], late["late"]) == ("change", True)
        core.wait(lambda: core.state(f"{MAIN}_change") != "unavailable", lambda: "still unavailable")
        Told(node)(change(SILENCE, JAZZ))
        last = watching.wait_for("streamgenre/bar/main/event", count=2).json
        core.wait(lambda: last["time"] in times(core), lambda: f"fired {core.fired()}")
        assert times(core) == {fired["time"], last["time"]}
    no_complaints(core)


def times(core: Core) -> set[str]:
    """Return when the changes were that fired; coming back is a change of state too, with the old one."""
    return {one["time"] for one in core.fired()}


@pytest.mark.parametrize("mode", MODES)
def test_the_switch_commands_and_follows(core: Core, mosquitto: Broker, mode: str):
    with node_running(mosquitto, mode) as node:
        told = Told(node)
        core.wait_for(f"{MAIN}_enabled", "on")
        entity = core.program.ask(do="entities")[f"{MAIN}_enabled"]
        assert entity["category"] == "config"
        core.program.ask(do="call", service="switch.turn_off", entity=entity["entity_id"])
        assert node.hear() == {"source": "main", "enabled": False}
        core.wait_for(f"{MAIN}_enabled", "off")
        core.program.ask(do="call", service="switch.turn_on", entity=entity["entity_id"])
        assert node.hear() == {"source": "main", "enabled": True}
        core.wait_for(f"{MAIN}_enabled", "on")
        told(SourceChange(1.0, "disabled", "by somebody else"))
        core.wait_for(f"{MAIN}_enabled", "off")
    no_complaints(core)


@pytest.mark.parametrize("mode", MODES)
def test_a_source_that_leaves_takes_its_entities_along(core: Core, mosquitto: Broker, mode: str):
    with node_running(mosquitto, mode) as node:
        Told(node)(state())
        core.wait_for(f"{MAIN}_genre", "jazz")
        node.tell({"sources": ["hall"]})
        for unique_id in OF_STATE + OTHERS:
            core.wait_for(unique_id, None)
        core.wait(lambda: MAIN not in core.program.ask(do="devices"), lambda: "the device is still there")
        assert not {MAIN, *OF_STATE, *OTHERS} & set(core.program.ask(do="entities"))
        core.wait_for("streamgenre_bar_hall_audio", "on")
        core.wait_for("streamgenre_bar_connection", "on")
        node.tell({"sources": ["main", "hall"]})
        Told(node)(state())
        node.tell({"available": "main", "online": True})
        core.wait_for(f"{MAIN}_audio", "on")
    no_complaints(core)


@pytest.mark.parametrize("mode", MODES)
def test_a_core_that_starts_again_knows_what_holds(core_folder: Path, mosquitto: Broker, mode: str):
    with node_running(mosquitto, mode) as node:
        told = Told(node)
        with core_running(core_folder, mosquitto) as core:
            core.wait_for(HALL_SWITCH, "on")
            node.tell({"available": "hall", "online": False})
            node.tell(told.payload(SourceChange(0.0, "disabled", None)) | {"source": "hall"})
            core.wait_for(HALL_SWITCH, "off")
            told(Alarm(960.5, "dead_air", active=True, since_seconds=930.5, level_dbfs=-90.0))
            told(change(JAZZ, SILENCE))
            told(silence())
            core.wait_for(f"{MAIN}_dead_air", "on")
            core.wait(lambda: bool(core.fired()), lambda: "the change has not fired")
            fired = times(core)
            ids = {unique_id: one["entity_id"] for unique_id, one in core.program.ask(do="entities").items()}
        config = f"homeassistant/{'device' if mode == 'device' else 'sensor'}/#"
        with subscriber(mosquitto, config, user="viewer") as watching:
            retained = len(watching.heard)
            with core_running(core_folder, mosquitto) as core:
                for key, expected in {"dead_air": "on", "status": "silence", "enabled": "on"}.items():
                    core.wait_for(f"{MAIN}_{key}", expected)
                assert core.state(HALL_SWITCH) == "off"
                again = core.program.ask(do="entities")
                assert {unique_id: one["entity_id"] for unique_id, one in again.items()} == ids
                watching.wait(
                    lambda: any(not one.retained for one in watching.heard[retained:]),
                    "the answer to its birth",
                )
                assert times(core) <= fired, "what it remembers comes back, nothing fires"
                no_complaints(core)
