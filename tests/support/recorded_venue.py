"""A real daemon at a real broker that is led through everything it can say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from streamgenre.capture.demonstration.repertoire import Piece, club, trio
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from tests.support.audio_files import write_wav
from tests.support.daemon import Daemon, daemon, free_port, get
from tests.support.mosquitto import PASSWORDS, Broker, make_broker
from tests.support.mqtt_subscriber import Heard, Subscriber, subscriber
from tests.support.program import run
from tests.support.titled_station import Item, titled_station

ITEM_SECONDS, RMS = 10.0, 0.14
LATE_SECONDS = 11.0
"""Longer than an event may wait without being late."""
MAIN = "streamgenre/bar/main"
ANNOUNCED = [f"homeassistant/device/streamgenre_bar{of}/config" for of in ("", "_main", "_jingle")]
REQUESTS = (
    (f"{MAIN}/set", '{"live": 60}'),
    (f"{MAIN}/set", '{"hop": 1.0}'),
    (f"{MAIN}/set", '{"enabled": true}'),
    (f"{MAIN}/set", '{"reset": true}'),
    (f"{MAIN}/set", '{"hop": 5}'),
    (f"{MAIN}/set", '{"hop": 0.12345}'),
    (f"{MAIN}/set", '{"live": -1}'),
    (f"{MAIN}/set", '{"enabled": "no"}'),
    (f"{MAIN}/set", '{"reset": false}'),
    (f"{MAIN}/set", '{"volume": 3}'),
    (f"{MAIN}/set", '{"reset": true, "hop": 1.0}'),
    (f"{MAIN}/set", "hop=1.0"),
    ("streamgenre/bar/jingle/set", '{"reset": true}'),
    ("streamgenre/bar/nobody/set", '{"reset": true}'),
)
"""With live first: what it shows is then of music that was known before."""
CONFIGURATION = """\
[node]
id = "bar"
[[sources]]
id = "main"
name = "The bar"
source = "{station}/live"
dead_air_seconds = 5
[[sources]]
id = "jingle"
source = "{folder}/jingle.wav"
[mqtt]
url = "{url}"
username = "streamgenre"
password_file = "{folder}/password"
[history]
[json_lines]
path = "{folder}/lines"
[metrics]
listen = "127.0.0.1:{port}"
"""


@dataclass(slots=True)
class Recording:
    """Everything that was heard of one run."""

    heard: list[Heard]
    """Over MQTT 5, in order, while the broker was there."""
    late: list[Heard]
    """Events, by a session that missed nothing."""
    retained: list[Heard]
    """What a newcomer is told."""
    lines: list[dict[str, Any]]
    results: list[tuple[str, str, dict[str, Any]]]
    """Topics, requests and their results."""
    history: list[dict[str, Any]]
    file: dict[str, Any]
    """Row of a file that was classified."""
    metrics: str
    """A scrape, while music was heard."""
    hidden: dict[str, str]
    """What is this machine's own, and what stands for it."""

    def first(self, topic: str, **wanted: Any) -> Heard:
        return next(one for one in self.heard if one.topic == topic and _has(one.json, wanted))

    @property
    def live(self) -> Heard:
        """The first with sound, spectrum and a genre."""
        return next(one for one in self.heard if one.topic.endswith("/live") and _whole(one.json))

    @property
    def late_title(self) -> Heard:
        return next(one for one in self.late if one.json["type"] == "title" and one.json.get("late"))

    def line(self, kind: str, source: str) -> dict[str, Any]:
        return next(one for one in self.lines if (one["type"], one["source"]) == (kind, source))

    def row(self, source: str, kind: str, **wanted: Any) -> dict[str, Any]:
        """Of the history."""
        return next(one for one in self.history if _has(one, wanted | {"source": source, "type": kind}))


def _has(payload: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return payload | wanted == payload


def record(folder: Path) -> Recording:
    """Take a minute and a half; needs mosquitto and openssl."""
    with _opened(folder) as scene:
        here = scene.here
        scene.running.wait(lambda: here.on("streamgenre/bar/status"), "the node")
        _hear_the_programme(here)
        metrics = get(f"http://127.0.0.1:{scene.metrics_port}/metrics")[1]
        results = [(topic, request, _ask(here, topic, request)) for topic, request in REQUESTS]
        here.wait(lambda: [one for one in here.on(f"{MAIN}/live") if _whole(one.json)], "live")
        _switch_off_and_on(here)
        with subscriber(scene.broker, "streamgenre/#", "homeassistant/#") as newcomer:
            for topic in ("streamgenre/bar/diagnostics", f"{MAIN}/state", *ANNOUNCED):
                newcomer.wait_for(topic)
            retained = [one for one in newcomer.heard if one.retained]
        _be_away(scene)
        assert scene.running.end() == 0
        here.wait_for("streamgenre/bar/status", "offline")
        _event(scene.archive, "main", type="source", state="ended")
        return Recording(
            list(here.heard),
            list(scene.archive.heard),
            retained,
            scene.running.lines(),
            results,
            _printed("history", "list", "--type", "all", "--limit", "0", "--database", scene.running.history),
            _printed("classify", folder / "jingle.wav")[0],
            metrics,
            scene.hidden,
        )


def _printed(*words: str | Path) -> list[dict[str, Any]]:
    done = run(*words, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@dataclass(frozen=True, slots=True)
class _Scene:
    broker: Broker
    running: Daemon
    here: Subscriber
    archive: Subscriber
    metrics_port: int
    hidden: dict[str, str]


@contextmanager
def _opened(folder: Path) -> Iterator[_Scene]:
    with ExitStack() as stack:
        (folder / "mosquitto").mkdir()
        broker = make_broker(folder / "mosquitto")
        broker.start()
        port = free_port()
        stack.callback(broker.stop)
        (folder / "password").write_text(PASSWORDS["streamgenre"])
        (folder / "password").chmod(0o600)
        music, quiet, more = (
            _item("Four Lamps", club),
            _item("Nothing at All", None),
            _item("Last Round", trio),
        )
        write_wav(folder / "jingle.wav", music.samples[: 6 * RATE_HZ], RATE_HZ)
        station = stack.enter_context(titled_station((music, quiet, more), (music, more), RATE_HZ))
        here = stack.enter_context(subscriber(broker, "streamgenre/#", "homeassistant/#"))
        archive = stack.enter_context(subscriber(broker, "streamgenre/+/+/event", session_id="archive"))
        text = CONFIGURATION.format(station=station, folder=folder, url=broker.url, port=port)
        running = stack.enter_context(daemon(folder, text))
        hidden = {station: "http://station.example", str(folder): "/srv"}
        yield _Scene(broker, running, here, archive, port, hidden)


def _item(title: str, piece: Piece | None) -> Item:
    """A piece of the built-in broadcast, brought to one loudness; None: digital silence."""
    samples = np.zeros(round(ITEM_SECONDS * RATE_HZ), np.int16)
    if piece is not None:
        sound = piece(np.random.default_rng(0), ITEM_SECONDS).channels.mean(axis=0)
        sound *= RMS / np.sqrt(np.mean(sound**2))
        samples = np.round(32767 * np.clip(sound, -1.0, 1.0)).astype(np.int16)
    return Item(f"The House Band - {title}", samples)


def _hear_the_programme(here: Subscriber) -> None:
    """Music, silence until it is dead air, music again under another title, and the jingle's end."""
    over = _event(here, "main", type="alarm", active=False).json["audio_seconds"]
    _found(
        here,
        "streamgenre/bar/main/state",
        lambda state: state["audio_seconds"] > over and state["stability"] == "stable" and state["genre"],
    )
    _event(here, "jingle", state="ended")
    here.wait_for("streamgenre/bar/diagnostics")


def _event(here: Subscriber, source: str, **wanted: Any) -> Heard:
    return _found(here, f"streamgenre/bar/{source}/event", lambda payload: _has(payload, wanted))


def _found(here: Subscriber, topic: str, fits: Callable[[dict[str, Any]], bool]) -> Heard:
    hits: list[Heard] = here.wait(lambda: [one for one in here.on(topic) if fits(one.json)], topic)
    return hits[-1]


def _whole(live: dict[str, Any]) -> bool:
    return bool(live["mel"] and live["state"] and live["state"]["genre"])


def _ask(here: Subscriber, topic: str, request: str) -> dict[str, Any]:
    answers = topic.removesuffix("set") + "result"
    before = len(here.on(answers))
    here.send(topic, request)
    return here.wait_for(answers, count=before + 1).json


def _switch_off_and_on(here: Subscriber) -> None:
    assert _ask(here, f"{MAIN}/set", '{"enabled": false}')["ok"]
    _event(here, "main", state="disabled")
    before = len(_online(here))
    assert _ask(here, f"{MAIN}/set", '{"enabled": true}')["ok"]
    here.wait(lambda: len(_online(here)) > before, "the source again")


def _online(here: Subscriber) -> list[Heard]:
    return [one for one in here.on(f"{MAIN}/event") if one.json.get("state") == "online"]


def _be_away(scene: _Scene) -> None:
    """The broker is killed, something happens, and it is told when the broker is back."""
    scene.broker.kill()
    before = len(scene.running.lines("title", "main"))
    scene.running.wait(lambda: len(scene.running.lines("title", "main")) > before, "a title meanwhile")
    time.sleep(LATE_SECONDS)
    greetings = len(scene.here.on("streamgenre/bar/status"))
    scene.broker.start()
    scene.archive.wait(lambda: _late_titles(scene.archive), "a late event")
    scene.here.wait(lambda: len(scene.here.on("streamgenre/bar/status")) > greetings, "the node again")


def _late_titles(archive: Subscriber) -> list[Heard]:
    return [one for one in list(archive.heard) if one.json.get("late") and one.json["type"] == "title"]
