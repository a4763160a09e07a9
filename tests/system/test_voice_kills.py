"""kill -9 of a fleet's publisher at random moments, while groups come, move, go and die."""

from __future__ import annotations

import json
import random
import threading
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from streamgenre.fleet.crossing import Loss
from streamgenre.messages import Stamped, State
from streamgenre.publish.outbox import Outbox
from tests.support.fleet_handing import HandingGroup
from tests.support.publishing import online, segment, state, stopped, title
from tests.support.voice_child import STATIONS, GoneError, VoiceProcess, voices

SEED = 20261122
MOST_SECONDS = 0.5


@dataclass
class Broadcast:
    """One station as its groups tell it: each event in words that no other has."""

    name: str
    group: HandingGroup
    epoch: int = 1
    now: float = 0.0
    began: float = 0.0
    ending: bool = False
    orderly: dict[int, bool] = field(default_factory=dict[int, bool])
    """How each epoch ended: by its last word, or cut off."""

    def go_on(self, chance: random.Random) -> None:
        self.now += 0.5
        kind = chance.random()
        if kind < 0.4:
            self._say(self._state())
        elif kind < 0.8:
            titles = chance.choice((1, 1, 1, 20))
            self._say(*(title(self.now, f"{self.epoch} {chance.random()}") for _ in range(titles)))
        else:
            ended, self.began = segment(self.now, self.began), self.now
            self._say(ended, self._state())

    def end(self) -> None:
        """The last words of the group there is; the next one waits until they are receipted."""
        self.ending = True
        self._say(segment(self.now, self.began), stopped(self.now))
        self.orderly[self.epoch] = True

    def begin(self) -> None:
        """The first words of the next one."""
        self.orderly.setdefault(self.epoch, False)
        self.ending = False
        self.epoch += 1
        self.group.follow(self.name, self.epoch)
        self.now = self.began = 0.0
        self._say(online(0.0), self._state())

    def _state(self) -> Stamped:
        told = state(self.now)
        assert isinstance(told.message, State)
        return replace(told, message=replace(told.message, since_seconds=self.began))

    def _say(self, *messages: Stamped) -> None:
        self.group.say(self.name, *messages)


class Radio:
    """What groups and supervisor do, whatever becomes of the publisher."""

    def __init__(self, door: Path, folder: Path, chance: random.Random) -> None:
        self.door = door
        self.folder = folder
        self.chance = chance
        self.group = HandingGroup("a", self.hand)
        self.stations = [Broadcast(name, self.group) for name in STATIONS]
        self.sent: dict[tuple[str, int], list[str]] = defaultdict(list)
        self.receipted: dict[tuple[str, int], int] = defaultdict(int)
        self.losses: list[Loss] = []
        self.voice: VoiceProcess | None = None
        for one in self.stations:
            one.begin()

    def hand(self, parcel: Any) -> Any:
        assert self.voice is not None
        for one in parcel.handed:
            words = self.sent[one.station, one.epoch]
            if len(words) < one.number:
                words.append(spoken(one.stamped.message))
        receipt = self.voice.hand(parcel)
        for name, (epoch, number) in receipt.committed.items():
            self.receipted[name, epoch] = max(number, self.receipted[name, epoch])
        return receipt

    def go_on(self) -> None:
        one = self.chance.choice(self.stations)
        if not one.ending:
            one.go_on(self.chance)
            if self.chance.random() < 0.04:
                self.move(one)
        elif not self.holds(one):
            one.begin()
        self.tell_losses()
        if self.chance.random() < 0.4:
            self.group.hand()

    def move(self, one: Broadcast) -> None:
        """In order, or cut off: then what it has not handed over is gone with it."""
        how = self.chance.choice(("orderly", "told", "untold"))
        if how == "orderly":
            one.end()
            return
        self.group.queue = [handed for handed in self.group.queue if handed.station != one.name]
        if how == "told":
            self.losses.append(Loss(one.name, one.epoch, "gone"))
        one.begin()

    def holds(self, one: Broadcast) -> bool:
        return any(handed.station == one.name for handed in self.group.queue)

    def tell_losses(self) -> None:
        assert self.voice is not None
        if self.losses:
            settled = self.voice.interrupted(tuple(self.losses))
            self.losses = [loss for loss in self.losses if loss not in settled]

    def run_until_killed(self, seconds: float) -> None:
        with VoiceProcess(self.door, self.folder) as self.voice:
            timer = threading.Timer(seconds, self.voice.kill)
            timer.start()
            with suppress(GoneError):
                while True:
                    self.go_on()
            timer.join()

    def finish(self) -> None:
        with VoiceProcess(self.door, self.folder) as self.voice:
            for one in self.stations:
                if not one.ending:
                    one.end()
            while self.group.queue or self.losses:
                self.group.hand()
                self.tell_losses()


def spoken(message: Any) -> str:
    """Return what an event and its payload have in common."""
    kind = type(message).__name__
    if kind == "TitleChange":
        return f"title {message.title}"
    if kind == "Segment":
        return f"segment {message.start_seconds:g} {message.end_seconds:g}"
    return f"source {message.state}"


def written(event: dict[str, Any]) -> str:
    match event["type"]:
        case "title":
            return f"title {event['title']}"
        case "segment":
            return f"segment {event['start_seconds']:g} {event['end_seconds']:g}"
        case _:
            return f"source {event['state']}"


def drain(folder: Path) -> list[dict[str, Any]]:
    outbox = Outbox(folder / "outbox.sqlite")
    assert (outbox.interrupted(), outbox.unfinished()) == ([], {})
    drained: list[dict[str, Any]] = []
    while (row := outbox.waiting()) is not None:
        drained.append(json.loads(row.text))
        outbox.sent(row.row_id)
    outbox.close()
    return drained


def by_voice(event: dict[str, Any]) -> bool:
    """Whether the publisher itself told it, because a group was gone."""
    return event.get("reason") == "restart" or event.get("state") == "reconnecting"


@pytest.mark.system
@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.slow)])
def test_kills_of_the_publisher_lose_and_double_nothing(tmp_path: Path, kills: int):
    chance = random.Random(SEED)
    with voices(tmp_path) as door:
        radio = Radio(door, tmp_path, chance)
        for _ in range(kills):
            radio.run_until_killed(chance.uniform(0.0, MOST_SECONDS))
        radio.finish()

    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in drain(tmp_path):
        told[event["source"]].append(event)
    for one in radio.stations:
        events = told[one.name]
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        check_severed(events)
        epochs = [event["epoch"] for event in events]
        assert epochs == sorted(epochs), "an epoch that was over spoke"
        for epoch in set(epochs):
            check_epoch(radio, one, epoch, [event for event in events if event["epoch"] == epoch])
    assert sum(by_voice(event) for events in told.values() for event in events) > 0


def check_epoch(radio: Radio, one: Broadcast, epoch: int, events: list[dict[str, Any]]) -> None:
    words = [written(event) for event in events if not by_voice(event)]
    sent = radio.sent[one.name, epoch]
    assert words == sent[: len(words)], "lost, doubled or out of order"
    assert len(words) >= radio.receipted[one.name, epoch], "receipted, and not kept"
    if one.orderly[epoch]:
        assert words == sent
        assert not any(by_voice(event) for event in events)
    assert sum(by_voice(event) for event in events if event["type"] == "source") <= 1, "told twice"
    check_stretches([event for event in events if event["type"] == "segment"])


def check_severed(events: list[dict[str, Any]]) -> None:
    """What is closed for a group is followed by why."""
    for event, then in pairwise(events):
        if event.get("reason") == "restart":
            assert then.get("state") == "reconnecting"


def check_stretches(segments: list[dict[str, Any]]) -> None:
    """They follow one another without a hole or an overlap, in audio and by the clock."""
    end_seconds, end = 0.0, ""
    for one in segments:
        assert one["start_seconds"] == end_seconds
        assert one["start_seconds"] <= one["end_seconds"]
        assert one["start"] == (end or one["start"])
        assert one["start"] < one["end"] or one["start_seconds"] == one["end_seconds"]
        end_seconds, end = one["end_seconds"], one["end"]
