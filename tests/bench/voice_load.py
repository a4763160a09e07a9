"""What a fleet's publisher takes of a core: `python -m tests.bench.voice_load [STATIONS [SECONDS]]`.

A publisher in a process of its own, at a real broker, with a history; groups of forty stations hand over
twice a second, as pickled parcels over a socket, each station a state a second and a stretch (segment,
change) with a title every thirty. Then the same groups hand over as fast as they can: events alone, each
receipted when its commit is on the disk, and states alone.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from streamgenre.fleet.crossing import Parcel, Receipt
from streamgenre.fleet.voice import Voice
from streamgenre.messages import LabelProbability, Stamped, State
from streamgenre.settings import HistorySettings, MqttSettings, Settings
from tests.support.fleet_handing import HandingGroup, station
from tests.support.mosquitto import make_broker
from tests.support.mqtt_node import mqtt_settings
from tests.support.publishing import change, online, segment, state, title

GROUP_STATIONS = 40
STRETCH_SECONDS = 30
RUSH_SECONDS = 8.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
TOP = tuple(LabelProbability(f"label-{number}", 1 / 11) for number in range(11))


def serve(connection: Connection, folder: Path, mqtt: MqttSettings, names: list[str]) -> None:
    logging.disable()
    settings = Settings("radio", mqtt=mqtt, history=HistorySettings(folder / "history.sqlite"))
    voice = Voice(settings, folder / "state")
    voice.configure(settings, [station(name) for name in names])
    voice.start()
    connection.send(os.getpid())
    while (asked := connection.recv()) is not None:
        connection.send(voice.hand(asked) if isinstance(asked, Parcel) else voice.events_waiting)
    voice.stop()


class Load:
    """All groups, and the process they hand over to."""

    def __init__(self, connection: Connection, names: list[str]) -> None:
        self._connection = connection
        self.pid: int = connection.recv()
        self.groups: list[HandingGroup] = []
        for first in range(0, len(names), GROUP_STATIONS):
            group = HandingGroup(f"group-{first}", self.hand)
            for name in names[first : first + GROUP_STATIONS]:
                group.follow(name, 1)
                group.say(name, online(0.0), told(0.0))
            self.groups.append(group)

    def hand(self, parcel: Parcel) -> Receipt:
        self._connection.send(parcel)
        return self._connection.recv()

    def events_waiting(self) -> int:
        """For the broker, one of them in flight."""
        self._connection.send("waiting")
        return self._connection.recv()

    def spent_seconds(self) -> float:
        """Of its processor time, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND

    def settle(self) -> None:
        while any(group.queue for group in self.groups):
            for group in self.groups:
                group.hand()

    def paced(self, seconds: float) -> float:
        """Return the cores it takes; where the machine is too busy to keep the pace, too."""
        began, spent = time.monotonic(), self.spent_seconds()
        for half in range(int(2 * seconds)):
            for group in self.groups:
                for number, name in enumerate(group.epochs):
                    if number % 2 == half % 2:
                        speak(group, name, number, half / 2)
                group.hand()
            time.sleep(max(0.0, began + (half + 1) / 2 - time.monotonic()))
        return (self.spent_seconds() - spent) / seconds

    def rush(self, say: Callable[[HandingGroup, str, float], int]) -> tuple[float, float]:
        """Return messages a second, and a second of its processor time."""
        began, spent, count, step = time.monotonic(), self.spent_seconds(), 0, 1000.0
        while time.monotonic() - began < RUSH_SECONDS:
            step += 1.0
            for group in self.groups:
                count += sum(say(group, name, step) for name in group.epochs)
                group.hand()
            if any(len(group.queue) > 20 * GROUP_STATIONS for group in self.groups):
                self.settle()
        self.settle()
        return count / (time.monotonic() - began), count / (self.spent_seconds() - spent)


def told(audio_seconds: float) -> Stamped:
    stamped = state(audio_seconds)
    assert isinstance(stamped.message, State)
    return replace(stamped, message=replace(stamped.message, top=TOP), time=datetime.now(UTC))


def speak(group: HandingGroup, name: str, number: int, now: float) -> None:
    if int(now + number) % STRETCH_SECONDS == 0:
        group.say(name, segment(now, now - STRETCH_SECONDS), change(now), title(now))
    group.say(name, told(now))


def say_title(group: HandingGroup, name: str, step: float) -> int:
    group.say(name, title(step))
    return 1


def say_state(group: HandingGroup, name: str, step: float) -> int:
    group.say(name, told(step))
    return 1


def main() -> None:
    arguments = [float(text) for text in sys.argv[1:]]
    stations, seconds = int(arguments[0]) if arguments else 1000, arguments[1] if arguments[1:] else 30.0
    names = [f"station-{number}" for number in range(stations)]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        (folder / "broker").mkdir()
        broker = make_broker(folder / "broker")
        configuration = (broker.folder / "mosquitto.conf").read_text()
        for slow, quick in (("autosave_on_changes true", ""), ("log_type all", "log_type error")):
            configuration = configuration.replace(slow, quick)
        (broker.folder / "mosquitto.conf").write_text(configuration)
        broker.start()
        ours, theirs = get_context("spawn").Pipe()
        what: Any = (theirs, folder, mqtt_settings(broker), names)
        process = get_context("spawn").Process(target=serve, args=what)
        process.start()
        load = Load(ours, names)
        load.settle()
        report(load, stations, seconds)
        ours.send(None)
        process.join()
        broker.stop()


def report(load: Load, stations: int, seconds: float) -> None:
    load.paced(5.0)
    cores = load.paced(seconds)
    waiting = load.events_waiting()
    tell(f"{stations} stations for {seconds:g} s: {cores:.3f} cores; {waiting} events wait for the broker")
    tell(f"for 1000 stations: {cores / stations * 1000:.3f} cores")
    for what, say in (("events", say_title), ("states", say_state)):
        rate, rate_of_core = load.rush(say)
        tell(f"{what} at once: {rate:.0f} a second, {rate_of_core:.0f} a second of its own core")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
