"""The publisher of a fleet: one daemon to the world, whatever becomes of groups, the disk and itself."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from streamgenre.errors import ConfigurationError, ModelError
from streamgenre.fleet import voice as voice_module
from streamgenre.fleet.crossing import Loss
from streamgenre.fleet.voice import Voice
from streamgenre.fleet.voice_health import NOBODY, SILENT_SECONDS
from streamgenre.publish import dispatcher as dispatcher_module
from streamgenre.publish import outbox as outbox_module
from streamgenre.publish.commands import Command
from streamgenre.publish.outbox import OutboxUnavailableError
from streamgenre.settings import JsonLinesSettings, MetricsSettings, MqttSettings, OutboxSettings, Settings
from tests.support.fleet_handing import HandingGroup, station
from tests.support.publishing import (
    NOON,
    alarm,
    change,
    diagnostics,
    online,
    segment,
    state,
    stopped,
    title,
)
from tests.support.simulation import SimulatedClock

STATIONS = (station("jazz"), station("rock"))


@dataclass
class Fleet:
    """A voice on a folder, and what it told."""

    folder: Path
    voice: Voice
    clock: SimulatedClock

    def group(self, name: str, **epochs: int) -> HandingGroup:
        return HandingGroup(name, self.voice.hand, epochs)

    def told(self) -> list[dict[str, Any]]:
        lines = self.folder / "lines"
        return [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []

    def kinds(self, name: str = "jazz") -> list[tuple[str, int, int]]:
        return [(one["type"], one["seq"], one["epoch"]) for one in self.told() if one["source"] == name]

    def settle(self, group: HandingGroup) -> None:
        """Hand over until all is receipted."""
        wait_for(lambda: not (group.hand(), group.queue)[1])


def wait_for(condition: Callable[[], Any]) -> Any:
    give_up = time.monotonic() + 90
    while not (found := condition()):
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.005)
    return found


def settings_in(folder: Path, **more: Any) -> Settings:
    return Settings("radio", json_lines=JsonLinesSettings(folder / "lines"), **more)


@contextmanager
def fleet(folder: Path, stations: Any = STATIONS, **more: Any) -> Iterator[Fleet]:
    """Ended in order, or, where the test has closed its outbox, as by a kill."""
    clock = SimulatedClock()
    command = more.pop("command", lambda *_: None)
    voice = Voice(settings_in(folder, **more), folder / "state", command, clock)
    voice.configure(settings_in(folder, **more), stations)
    voice.start()
    try:
        yield Fleet(folder, voice, clock)
    finally:
        voice.stop()


def outbox_of(voice: Voice) -> Any:
    return voice._publishing.outbox


def crash(voice: Voice) -> None:
    """What is committed is committed; nothing more is written."""
    outbox_of(voice).close()


def test_a_group_is_told_as_a_daemon_is_with_its_epoch_beside_the_number(tmp_path: Path):
    with fleet(tmp_path) as radio:
        group = radio.group("a", jazz=7)
        group.say("jazz", online(0), state(1), title(2), state(2), diagnostics(2))
        radio.settle(group)
    assert radio.kinds() == [
        ("source", 1, 7),
        ("state", 1, 7),
        ("title", 2, 7),
        ("state", 2, 7),
        ("diagnostics", 2, 7),
    ]
    for told in radio.told():
        assert list(told)[:7] == ["schema", "type", "node", "source", "seq", "epoch", "time"]
        assert told["node"] == "radio"


def test_what_is_handed_over_again_is_told_once(tmp_path: Path):
    with fleet(tmp_path) as radio:
        group = radio.group("a", jazz=7)
        group.say("jazz", online(0), state(1), title(2), state(3))
        parcel = group.parcel()
        for _ in range(5):
            radio.voice.hand(parcel)
        radio.settle(group)
    assert radio.kinds() == [("source", 1, 7), ("state", 1, 7), ("title", 2, 7), ("state", 2, 7)]


def test_an_orderly_move_goes_on_numbering_and_closes_nothing(tmp_path: Path):
    with fleet(tmp_path) as radio:
        one, other = radio.group("a", jazz=7), radio.group("b")
        one.say("jazz", online(0), state(1), segment(5), stopped(5))
        radio.settle(one)
        one.leave("jazz")
        other.follow("jazz", 9)
        other.say("jazz", online(0), state(1))
        radio.settle(other)
        one.follow("jazz", 7)
        one.say("jazz", title(99))
        assert one.hand().fenced == ("jazz",)
        assert not one.queue
    assert radio.kinds() == [
        *(("source", 1, 7), ("state", 1, 7), ("segment", 2, 7), ("source", 3, 7)),
        *(("source", 4, 9), ("state", 4, 9)),
    ]


def test_a_later_epoch_closes_what_an_earlier_one_left_open(tmp_path: Path):
    with fleet(tmp_path) as radio:
        one, other = radio.group("a", jazz=7), radio.group("b", jazz=9)
        one.say("jazz", online(0), state(10), alarm(30), state(40))
        radio.settle(one)
        other.say("jazz", online(0))
        radio.settle(other)
    assert radio.kinds()[-4:] == [("segment", 3, 7), ("alarm", 4, 7), ("source", 5, 7), ("source", 6, 9)]
    closed, quiet, gone, _ = radio.told()[-4:]
    assert (closed["reason"], closed["end"], closed["end_seconds"]) == (
        "restart",
        "2026-11-21T12:00:40.000Z",
        40.0,
    )
    assert (quiet["kind"], quiet["active"]) == ("dead_air", False)
    assert (gone["state"], gone["reason"], gone["audio_seconds"]) == (
        "reconnecting",
        "its group is gone",
        40.0,
    )
    assert gone["time"] == "2026-11-21T12:00:40.000Z"  # the other group's clock was behind


def test_a_lost_group_is_told_once_and_its_station_goes_on_elsewhere(tmp_path: Path):
    loss = Loss("jazz", 7, "machine head-1 is gone")
    with fleet(tmp_path) as radio:
        one, other = radio.group("a", jazz=7), radio.group("b", jazz=9)
        one.say("jazz", online(0), state(10))
        radio.settle(one)
        wait_for(lambda: radio.voice.interrupted([loss]) == (loss,))
        assert radio.voice.interrupted([loss, loss]) == (loss, loss)
        one.say("jazz", title(12), state(12))
        assert one.hand().fenced == ("jazz",)
        assert not one.queue
        other.say("jazz", online(0), state(1))
        radio.settle(other)
        assert radio.voice.interrupted([loss]) == (loss,)
    assert radio.kinds() == [
        *(("source", 1, 7), ("state", 1, 7), ("segment", 2, 7), ("source", 3, 7)),
        *(("source", 4, 9), ("state", 4, 9)),
    ]
    gone = radio.told()[3]
    assert (gone["state"], gone["reason"]) == ("reconnecting", "machine head-1 is gone")
    assert gone["time"] == "2026-11-21T12:00:10.000Z"  # not before what was heard


def test_a_group_lost_before_its_first_word_is_told_too(tmp_path: Path):
    with fleet(tmp_path) as radio:
        one = radio.group("a", jazz=7)
        one.say("jazz", online(0), state(10), segment(12), stopped(12))
        radio.settle(one)
        loss = Loss("jazz", 8, "its process died")
        wait_for(lambda: radio.voice.interrupted([loss]) == (loss,))
        assert radio.voice.interrupted([Loss("jazz", 7, "late news")]) == (Loss("jazz", 7, "late news"),)
        nobody = Loss("rock", 3, "its process died")
        wait_for(lambda: radio.voice.interrupted([nobody]))
    assert [one["reason"] for one in radio.told() if one["type"] == "source"] == [
        *(None, "stopped", "its process died", "its process died"),
    ]


def test_after_a_kill_nothing_is_lost_or_doubled_and_stretches_go_on(tmp_path: Path):
    with fleet(tmp_path) as radio:
        group = radio.group("a", jazz=7)
        group.say("jazz", online(0), state(10, confidence=0.5), alarm(20), state(40))
        radio.settle(group)
        group.say("jazz", title(50))
        again = group.parcel()
        wait_for(lambda: radio.voice.hand(again).committed["jazz"] == (7, 3))
        crash(radio.voice)
        before = len(radio.told())
    with fleet(tmp_path) as radio:
        group.hand_over = radio.voice.hand  # it still has the title: the receipt never came
        group.say("jazz", state(60), title(65), segment(70, 0), state(71, "blues"))
        radio.settle(group)
    assert radio.kinds()[before:] == [("state", 3, 7), ("title", 4, 7), ("segment", 5, 7), ("state", 5, 7)]
    resumed = radio.told()[before]
    assert (resumed["since"], resumed["alarms"]) == ("2026-11-21T12:00:10.000Z", ["dead_air"])
    ended = radio.told()[before + 2]
    assert (ended["reason"], ended["start"]) == ("change", "2026-11-21T12:00:10.000Z")


def test_a_stretch_that_outlived_the_publisher_but_not_its_group_is_closed(tmp_path: Path):
    with fleet(tmp_path) as radio:
        group = radio.group("a", jazz=7, rock=7)
        for name in ("jazz", "rock"):
            group.say(name, online(0), state(10, confidence=0.5), state(20))
        radio.settle(group)
        group.say("jazz", title(21))
        radio.settle(group)
        crash(radio.voice)
        before = len(radio.told())
    with fleet(tmp_path) as radio:
        group.hand_over = radio.voice.hand
        group.say("rock", title(30))
        radio.settle(group)  # of rock, nothing but a title is heard anew
        losses = (Loss("jazz", 7, "gone"), Loss("rock", 7, "gone"))
        wait_for(lambda: radio.voice.interrupted(losses) == losses)
    told = radio.told()[before:]
    assert [(one["source"], one["type"]) for one in told] == [
        ("rock", "title"),
        *(("jazz", "segment"), ("jazz", "source"), ("rock", "segment"), ("rock", "source")),
    ]
    closed = [one for one in told if one["type"] == "segment"]
    assert {(one["reason"], one["start_seconds"], one["epoch"]) for one in closed} == {("restart", 0.0, 7)}
    assert all(one["end"] >= one["start"] for one in closed)


def test_an_orderly_restart_leaves_every_stretch_open(tmp_path: Path):
    with fleet(tmp_path) as radio:
        group = radio.group("a", jazz=7)
        group.say("jazz", online(0), state(10), state(20))
        radio.settle(group)
    with fleet(tmp_path) as radio:
        group.hand_over = radio.voice.hand
        group.say("jazz", segment(30, 0))
        radio.settle(group)
    assert [one["reason"] for one in radio.told() if one["type"] == "segment"] == ["change"]
    assert radio.told()[-1]["start"] == "2026-11-21T12:00:10.000Z"


def test_fences_hold_after_a_kill(tmp_path: Path):
    with fleet(tmp_path) as radio:
        one, other = radio.group("a", jazz=7), radio.group("b", jazz=9)
        one.say("jazz", online(0))
        radio.settle(one)
        other.say("jazz", state(1))  # no event yet: the epoch alone must be kept
        other.hand()
        wait_for(lambda: ("state", 1, 9) in radio.kinds())
        wait_for(lambda: outbox_of(radio.voice).recall("jazz", "grant")["epoch"] == 9)
        loss = Loss("rock", 5, "gone")
        wait_for(lambda: radio.voice.interrupted([loss]))
        crash(radio.voice)
    with fleet(tmp_path) as radio:
        late = radio.group("a", jazz=7, rock=5)
        late.say("jazz", title(1))
        late.say("rock", online(0))
        assert late.hand().fenced == ("jazz", "rock")
        assert radio.voice.interrupted([loss]) == (loss,)
    assert not [told for told in radio.told() if told["type"] == "title"]


def test_a_station_that_was_removed_before_its_group_was_lost_has_ended(tmp_path: Path):
    loss = Loss("jazz", 7, "its machine is gone")
    with fleet(tmp_path) as radio:
        group = radio.group("a", jazz=7, rock=7)
        group.say("jazz", online(0), state(10))
        radio.settle(group)
        radio.voice.configure(settings_in(tmp_path), [station("rock")])
        wait_for(lambda: radio.voice.interrupted([loss]))
    last = [one for one in radio.told() if one["source"] == "jazz"][-1]
    assert (last["state"], last["reason"]) == ("ended", "its machine is gone")


def test_what_a_removed_station_left_open_is_closed_when_nobody_comes_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with fleet(tmp_path) as radio:
        group = radio.group("a", jazz=7, rock=7)
        group.say("jazz", online(0), state(10))
        group.say("rock", online(0), state(10))
        radio.settle(group)
        wait_for(lambda: [one["type"] for one in radio.told()].count("state") == 2)
        crash(radio.voice)
        before = len(radio.told())
    monkeypatch.setattr(voice_module, "TICK_SECONDS", 0.01)
    with fleet(tmp_path, [station("rock")]) as radio:
        radio.clock.pass_time(voice_module.ORPHAN_SECONDS)
        wait_for(lambda: len(radio.told()) == before + 2)
        group.hand_over = radio.voice.hand
        group.say("jazz", title(20))
        assert group.hand().fenced == ("jazz",)
    assert [(one["source"], one.get("state")) for one in radio.told()[before:]] == [
        ("jazz", None),
        ("jazz", "ended"),
    ]


def test_a_disk_that_takes_nothing_has_nothing_receipted_and_memory_stays_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dispatcher_module, "RETRY_SECONDS", 0.02)
    with fleet(tmp_path, outbox=OutboxSettings(memory_events=100)) as radio:
        group = radio.group("a", jazz=7)
        group.say("jazz", online(0))
        radio.settle(group)
        outbox, publishing = outbox_of(radio.voice), radio.voice._publishing

        def refuse(*_: Any) -> list[int]:
            raise OutboxUnavailableError

        with monkeypatch.context() as patch:
            patch.setattr(outbox, "append", refuse)
            for number in range(1, 400):
                group.say("jazz", title(number))
            for _ in range(20):
                assert group.hand().committed["jazz"] == (7, 1)
                assert publishing._dispatcher.queue_depth <= 100
            assert len(group.queue) == 399
        radio.settle(group)
    titles = [told for told in radio.told() if told["type"] == "title"]
    assert [told["seq"] for told in titles] == list(range(2, 401))
    assert [told["audio_seconds"] for told in titles] == list(range(1, 400))
    assert publishing._dispatcher.lost == 0


def test_while_what_is_committed_is_unknown_nothing_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with fleet(tmp_path) as radio:
        group = radio.group("a", jazz=7)
        group.say("jazz", online(0), title(1))
        parcel = group.parcel()
        radio.settle(group)
    opened, absent = outbox_module.open_database, [True]

    def open_database(path: Path) -> Any:
        if absent:
            raise OSError(5, "Input/output error")
        return opened(path)

    monkeypatch.setattr(outbox_module, "open_database", open_database)
    monkeypatch.setattr(dispatcher_module, "RETRY_SECONDS", 0.02)
    with fleet(tmp_path) as radio:
        assert radio.voice.hand(parcel).committed == {}
        assert "Input/output error" in radio.voice.trouble
        absent.clear()
        wait_for(lambda: radio.voice.hand(parcel).committed == {"jazz": (7, 2)})
        group.hand_over = radio.voice.hand
        group.say("jazz", title(2))
        radio.settle(group)
    assert radio.kinds() == [("source", 1, 7), ("title", 2, 7), ("title", 3, 7)]


def test_health_is_that_of_the_latest_epoch_while_its_group_is_heard(tmp_path: Path):
    with fleet(tmp_path) as radio:

        def health() -> dict[str, str | None]:
            return {one.id: one.trouble for one in radio.voice.health().sources}

        assert health() == {"jazz": NOBODY, "rock": NOBODY}
        assert not radio.voice.health().ready
        one, other = radio.group("a", jazz=7, rock=7), radio.group("b", jazz=9)
        one.hand()
        assert health() == {"jazz": None, "rock": None}
        assert radio.voice.health().ready
        other.trouble = "stalled"
        other.hand()
        one.hand()
        assert health() == {"jazz": "stalled", "rock": None}
        radio.voice.interrupted([Loss("jazz", 9, "gone")])
        assert health() == {"jazz": NOBODY, "rock": None}
        radio.clock.pass_time(SILENT_SECONDS + 1)
        assert health() == {"jazz": NOBODY, "rock": NOBODY}
        assert radio.voice.health().engine_trouble == "no group hands anything over"


def test_switches_are_kept_and_other_commands_are_passed_on(tmp_path: Path):
    asked: list[tuple[str, Command]] = []

    def obey(name: str, command: Command) -> str | None:
        asked.append((name, command))
        return "no group follows it" if name == "rock" else None

    jazz, rock = STATIONS
    with fleet(tmp_path, command=obey) as radio:
        command = radio.voice._command
        assert command("jazz", Command(enabled=False)) is None
        assert command("rock", Command(enabled=False)) == "it is kept, but not done yet: no group follows it"
        assert command("jazz", Command(hop_seconds=1.0)) is None
        assert command("jazz", Command(live_seconds=10.0)) is None
        assert command("blues", Command(reset=True)) == "there is no such station"
        assert not radio.voice.enabled(jazz)
    assert [name for name, _ in asked] == ["jazz", "rock", "jazz"]
    with fleet(tmp_path) as radio:
        assert radio.voice.switched_off([jazz, rock]) == {"jazz", "rock"}
        other = station("jazz", enabled=False)
        assert not radio.voice.enabled(other)
        assert radio.voice.enabled(jazz)  # the configuration has said otherwise meanwhile


def test_another_configuration_is_taken_up_while_running(tmp_path: Path):
    with fleet(tmp_path) as radio:
        group = radio.group("a", jazz=7)
        group.say("jazz", online(0))
        radio.settle(group)
        lines = JsonLinesSettings(tmp_path / "others")
        waiting = radio.voice.configure(Settings("another", json_lines=lines), [station("blues")])
        assert waiting == ("node.id",)
        assert [one.id for one in radio.voice.health().sources] == ["blues"]
        with pytest.raises(ModelError, match=r"station soul: no model is called 'nonesuch'"):
            radio.voice.configure(Settings("radio"), [station("soul", model="nonesuch")])
        group.say("jazz", title(1))  # of a station that leaves, what it ends with
        radio.settle(group)
    assert [json.loads(line)["node"] for line in (tmp_path / "others").read_text().splitlines()] == ["radio"]


def test_groups_begin_anew_where_the_publisher_does(tmp_path: Path):
    with fleet(tmp_path) as radio:
        first = radio.group("a").hand().publisher
        assert radio.group("b").hand().publisher == first == radio.voice.publisher
    with fleet(tmp_path) as radio:
        assert radio.group("a").hand().publisher != first


def test_before_it_is_configured_it_takes_and_knows_nothing(tmp_path: Path):
    voice = Voice(settings_in(tmp_path), tmp_path / "state")
    group = HandingGroup("a", voice.hand, {"jazz": 7})
    group.say("jazz", online(0))
    assert group.hand().committed == {}
    assert (voice.trouble, voice.events_waiting, voice.up_seconds) == (None, 0, 0.0)
    assert voice.interrupted([Loss("jazz", 7, "gone")]) == ()
    assert voice.enabled(station("jazz"))


def test_what_cannot_be_begun_is_let_go_of_and_may_be_tried_again(tmp_path: Path):
    voice = Voice(settings_in(tmp_path), tmp_path / "state")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = settings_in(tmp_path, metrics=MetricsSettings(f"127.0.0.1:{taken.getsockname()[1]}"))
        voice.configure(busy, STATIONS)
        with pytest.raises(ConfigurationError, match="in use"):
            voice.start()
    with pytest.raises(ConfigurationError, match="prefix"):
        voice.configure(
            settings_in(tmp_path, mqtt=MqttSettings("mqtt://radio.example", prefix="#")), STATIONS
        )
    for _ in range(2):
        assert voice.configure(settings_in(tmp_path), STATIONS) == ()
    voice.start()
    group = HandingGroup("a", voice.hand, {"jazz": 7})
    group.say("jazz", online(0))
    wait_for(lambda: not (group.hand(), group.queue)[1])
    voice.stop()
    other = Voice(settings_in(tmp_path), tmp_path / "state")
    other.configure(settings_in(tmp_path), STATIONS)
    other.stop()
    assert not other.hand(group.parcel()).committed


def test_a_clock_that_is_ahead_stamps_the_loss_with_its_own_time(tmp_path: Path):
    with fleet(tmp_path) as radio:
        one = radio.group("a", jazz=7)
        one.say("jazz", online(0), state(10))
        radio.settle(one)
        radio.clock.pass_time(60)
        loss = Loss("jazz", 7, "gone")
        wait_for(lambda: radio.voice.interrupted([loss]))
    moment = NOON + timedelta(seconds=60)
    assert radio.told()[-1]["time"].startswith(f"{moment:%Y-%m-%dT%H:%M:%S}")


def test_it_needs_neither_models_nor_audio_libraries():
    heavy = ("onnxruntime", "av", "numba", "sounddevice", "ray", "httpx")
    code = f"import sys, streamgenre.fleet.voice; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert found.stdout.strip() == "[]"


def test_changes_are_told_with_the_segment_before_them(tmp_path: Path):
    with fleet(tmp_path) as radio:
        group = radio.group("a", jazz=7)
        group.say("jazz", online(0), state(1), segment(5), change(5), state(5, "blues"))
        radio.settle(group)
    assert [kind for kind, _, _ in radio.kinds()] == ["source", "state", "segment", "change", "state"]
