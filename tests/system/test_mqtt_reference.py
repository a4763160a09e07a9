"""What docs/mqtt.md tells consumers and administrators, tried at a real broker."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from streamgenre.publish import home_assistant
from streamgenre.publish.broker_check import check_broker
from tests.support.audio_files import write_wav
from tests.support.json_schema import accepts, inlined
from tests.support.message_reference import json_schema
from tests.support.mosquitto import MOSQUITTO, PASSWORDS, Broker, make_accounts, mosquitto
from tests.support.mqtt_node import Node, event, mqtt_settings, running, state
from tests.support.mqtt_subscriber import Subscriber, subscriber
from tests.support.program import json_lines, run
from tests.support.recorded_messages import blocks_of_pages, recorded_blocks, told_alike
from tests.support.recorded_venue import Recording, record
from tests.support.sounds import tune

__all__ = ["mosquitto"]
pytestmark = pytest.mark.system
PAGE = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text()
PATIENCE_SECONDS = 90.0


def code(language: str) -> str:
    """Return the only block of this language in the page."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return found


@dataclass(slots=True)
class Consumer:
    """The page's program, and what it has printed."""

    lines: list[str] = field(default_factory=list[str])

    @property
    def numbers(self) -> list[int]:
        return [int(line.split()[2]) for line in list(self.lines)]

    def wait_for(self, number: int) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while number not in self.numbers:
            assert time.monotonic() < give_up, self.lines
            time.sleep(0.02)


@contextmanager
def consumer(broker: Broker, folder: Path) -> Iterator[Consumer]:
    """Run it as it stands there, but for address and account; it comes back by itself."""
    text = code("python").replace('client.connect("broker.example", 1883)', "\n".join((
        f'client.username_pw_set("viewer", "{PASSWORDS["viewer"]}")',
        "client.reconnect_delay_set(1, 1)",
        f'client.connect("127.0.0.1", {broker.port})',
    )))  # fmt: skip
    assert str(broker.port) in text
    program = folder / "consumer.py"
    program.write_text(text)
    process = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = Consumer()
    reader = Thread(target=lambda out=process.stdout: [found.lines.append(line) for line in out], daemon=True)
    reader.start()
    try:
        yield found
    finally:
        process.kill()
        process.wait(30)
        reader.join(30)
        process.stdout.close()


def wait_for_session(broker: Broker, name: str) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not re.search(rf"Sending SUBACK to {name}", broker.log):
        assert time.monotonic() < give_up, broker.log[-2000:]
        time.sleep(0.02)


def test_the_consumer_tells_each_event_once_and_no_late_one(mosquitto: Broker, tmp_path: Path) -> None:
    """The broker is killed twice, once with an event under way; then all that came is sent once more."""
    with (
        subscriber(mosquitto, "streamgenre/+/+/event", session_id="witness") as witness,
        running(mqtt_settings(mosquitto)) as node,
        consumer(mosquitto, tmp_path) as told,
    ):
        wait_for_session(mosquitto, "archive")
        for number in range(1, 6):
            node.outbox.append([event(number)])
        told.wait_for(5)
        mosquitto.kill_saved()
        mosquitto.start()
        node.outbox.append([event(6)])
        last = 6
        while not came_late(witness, told, last):
            last += 1
            send_into_a_dying_broker(node, mosquitto, last)
        first = {one.json["seq"]: one.text for one in reversed(witness.heard)}
        for text in first.values():
            repeat(text, witness, mosquitto)
        node.outbox.append([event(last + 1)])
        arrived(witness, last + 1)
        news = [number for number in sorted(first) if "late" not in json.loads(first[number])]
        told.wait_for(last + 1)
    assert told.numbers == [*news, last + 1]


def came_late(witness: Subscriber, told: Consumer, number: int) -> bool:
    """One that is news is waited for, too: a broker that is killed may forget what it acknowledged."""
    late = "late" in arrived(witness, number)
    if not late:
        told.wait_for(number)
    return late


def send_into_a_dying_broker(node: Node, broker: Broker, number: int) -> None:
    """Kill the broker while an event is under way to it; on a busy machine it may not have been yet."""
    broker.freeze()
    node.outbox.append([event(number)])
    time.sleep(0.3)
    broker.kill()
    broker.start()


def arrived(witness: Subscriber, number: int) -> dict[str, Any]:
    found = witness.wait(
        lambda: [one for one in list(witness.heard) if one.json["seq"] == number], f"{number}"
    )
    return found[0].json


def repeat(text: str, witness: Subscriber, broker: Broker) -> None:
    """Send an event again, word for word."""
    before = len(witness.heard)
    with subscriber(broker, "streamgenre/bar/status", user="streamgenre") as sender:
        sender.send("streamgenre/bar/main/event", text)
    witness.wait(lambda: len(witness.heard) > before, "the repeated event")


def test_the_access_list_lets_everybody_do_what_they_do_and_no_more(mosquitto: Broker) -> None:
    """The page's `archive` is our viewer, its `homeassistant` our ha."""
    rules = code("text").replace("user archive", "user viewer").replace("user homeassistant", "user ha")
    mosquitto.stop()
    make_accounts(mosquitto.folder, PASSWORDS | {"bar": PASSWORDS["streamgenre"]}, rules)
    mosquitto.start()
    settings = mqtt_settings(mosquitto, username="bar", discovery="device")
    with (
        subscriber(mosquitto, "streamgenre/#", "homeassistant/#") as here,
        subscriber(mosquitto, "streamgenre/#", user="viewer") as viewer,
        running(settings, announcements=home_assistant) as node,
    ):
        node.publisher.publish(state())
        node.publisher.available("main", online=True)
        node.outbox.append([event(1)])
        for told in (here, viewer):
            told.wait_for("streamgenre/bar/main/availability", "online")
            told.wait_for("streamgenre/bar/main/event")
            told.wait_for("streamgenre/bar/main/state")
        here.wait_for("homeassistant/device/streamgenre_bar_main/config")
        here.send("homeassistant/status", "online")
        here.wait_for("homeassistant/device/streamgenre_bar_main/config", count=2)
        viewer.send("streamgenre/bar/main/set", '{"reset": true}')
        here.send("streamgenre/bar/main/set", '{"hop": 1.0}')
        assert here.wait_for("streamgenre/bar/main/result").json["request"] == {"hop": 1.0}
        assert [command.hop_seconds for _, command in node.commands.asked] == [1.0]
        assert node.publisher.trouble is None
    assert {one.verdict for one in check_broker(settings, "bar")} == {"ok"}
    assert check_broker(settings, "cellar")[-1].verdict == "failed"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    if MOSQUITTO is None or shutil.which("openssl") is None:
        pytest.skip("mosquitto or openssl is not installed")
    return record(tmp_path_factory.mktemp("recording"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_recording_anew_gives_the_same_shapes(recording: Recording) -> None:
    before, blocks = blocks_of_pages(), recorded_blocks(recording)
    assert before.keys() == blocks.keys()
    changed = [name for name, block in before.items() if not told_alike(block, blocks[name])]
    assert changed == [], "run python -m tests.support.recorded_messages"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_that_was_told_is_valid_and_the_same_everywhere(recording: Recording) -> None:
    schema = inlined(json_schema())
    leaves = ("/state", "/event", "/live", "/diagnostics")
    payloads = [one.json for one in recording.heard if one.topic.endswith(leaves)]
    told = [*recording.lines, *recording.history, *payloads, *(one.json for one in recording.late)]
    assert len(told) > 200
    for message in told:
        assert accepts(schema, message), message
    numbered = {(one["source"], one["seq"], one["type"]): one for one in recording.lines}
    for event_heard in recording.late:
        payload = {key: value for key, value in event_heard.json.items() if key != "late"}
        assert numbered[payload["source"], payload["seq"], payload["type"]] == payload
    assert {(one["source"], one["seq"]) for one in recording.history} == {
        (one.json["source"], one.json["seq"]) for one in recording.late
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_broker_retains_what_the_page_says(recording: Recording) -> None:
    table = dict(re.findall(r"^\| `((?:streamgenre|homeassistant)/\S+)` \| (yes) \|", PAGE, re.MULTILINE))
    kept = {one.topic for one in recording.retained} | {"streamgenre/bar/jingle/state"}  # may have expired
    assert kept == {topic.replace("main", source) for topic in table for source in ("main", "jingle")}


@pytest.mark.slow
def test_lines_of_listen_are_valid(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", tune(12, 44_100), 44_100)
    done = run("listen", song, "--json", "--as-fast-as-possible")
    assert done.returncode == 0, done.stderr
    lines, schema = json_lines(done.stdout), inlined(json_schema())
    assert {"state", "change", "segment", "source", "diagnostics"} <= {one["type"] for one in lines}
    for line in lines:
        assert accepts(schema, line), line
