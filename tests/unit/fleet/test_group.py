"""A group with a real engine, and a supervisor and a publisher that are made up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from streamgenre.errors import ModelError
from streamgenre.fleet import group as group_module
from streamgenre.fleet import group_models as models_module
from streamgenre.fleet import group_switches as switches_module
from streamgenre.fleet import handover as handover_module
from streamgenre.fleet import station_watch as watch_module
from streamgenre.fleet.crossing import Assignment, GroupIdentity
from streamgenre.fleet.doors import UnreachableError
from streamgenre.fleet.group import LAPSED, Group
from streamgenre.publish.commands import Command
from streamgenre.settings import SourceSettings
from tests.support.fake_model import FakeModel
from tests.support.fake_source import FakeSource, Pause
from tests.support.fleet_doubles import ObedientSupervisor, ReachedPublisher
from tests.support.sounds import tune

RATE_HZ = 8000
SOUND = tune(2, RATE_HZ)


def endless() -> Iterator[Any]:
    while True:
        for at in range(0, len(SOUND), 800):
            yield SOUND[at : at + 800]
            yield Pause(0.01)


def jazz(epoch: int, url: str = "http://radio.example/jazz", **keys: Any) -> Assignment:
    return Assignment(SourceSettings("jazz", url, **keys), epoch)


def rock(epoch: int) -> Assignment:
    return Assignment(SourceSettings("rock", "http://radio.example/rock"), epoch)


class Stage:
    """A group that runs, what it opened, and the two it speaks to."""

    def __init__(self, supervisor: ObedientSupervisor) -> None:
        self.supervisor = supervisor
        self.publisher = ReachedPublisher()
        self.sources: list[FakeSource] = []
        self.group = Group(GroupIdentity("g-0", "g"), supervisor, self.publisher)
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def open(self, _spec: Any) -> FakeSource:
        self.sources.append(FakeSource(endless(), RATE_HZ))
        return self.sources[-1]

    @property
    def open_sources(self) -> int:
        return sum(not source.closed for source in self.sources)

    def wait(self, found: Callable[[], Any]) -> None:
        give_up = time.monotonic() + 60
        while not found():
            assert self.failure is None, self.failure
            assert time.monotonic() < give_up, self.supervisor.reports[-1:]
            time.sleep(0.01)

    def settle(self, **epochs: int) -> None:
        """Wait until the newest orders are followed, and these stations are all it has to do with."""
        self.wait(lambda: self.supervisor.is_obeyed and self.supervisor.heard_of == epochs)

    def state(self, station: str = "jazz") -> str | None:
        found = self.supervisor.reports[-1].stations.get(station)
        return found.state if found else None

    def turned(self, station: str = "jazz", epoch: int | None = None) -> list[str]:
        return [state for state, _ in self.publisher.states(station, epoch)]

    def _run(self) -> None:
        try:
            self.group.run()
        except BaseException as error:  # noqa: BLE001  # told where the test waits
            self.failure = error


@pytest.fixture(autouse=True)
def small_models(monkeypatch: pytest.MonkeyPatch) -> dict[str, Exception]:
    """Have a small model under every name but those that are refused."""
    refused: dict[str, Exception] = {}

    def load(name: str) -> FakeModel:
        if name in refused:
            raise refused[name]
        return FakeModel()

    monkeypatch.setattr(models_module, "load_genre_model", load)
    monkeypatch.setattr(models_module, "warm_up", lambda _models: None)
    return refused


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_module, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(group_module, "TURN_SECONDS", 0.02)
    monkeypatch.setattr(switches_module, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(handover_module, "PAUSE_SECONDS", 0.05)


@contextmanager
def staged(monkeypatch: pytest.MonkeyPatch, supervisor: ObedientSupervisor | None = None) -> Iterator[Stage]:
    stage = Stage(supervisor or ObedientSupervisor())
    monkeypatch.setattr(watch_module, "open_spec", stage.open)
    stage.thread.start()
    stage.wait(lambda: stage.supervisor.reports)
    try:
        yield stage
    finally:
        stage.supervisor.withheld = None
        stage.group.stop()
        stage.thread.join(60)
        assert not stage.thread.is_alive()


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with staged(monkeypatch) as found:
        yield found


def test_what_is_ordered_is_followed_and_told_under_its_epoch(stage: Stage):
    stage.supervisor.order(jazz(5), rock(6))
    stage.wait(lambda: stage.turned("jazz") == ["online"] and stage.turned("rock") == ["online"])
    stage.wait(lambda: stage.state("jazz") == stage.state("rock") == "online")
    assert stage.supervisor.heard_of == {"jazz": 5, "rock": 6}
    assert {one.epoch for one in stage.publisher.events("rock")} == {6}
    stage.wait(lambda: stage.supervisor.reports[-1].stations["jazz"].heard)
    assert stage.supervisor.reports[-1].orders == 2


def test_a_station_that_changes_hands_has_not_ended(stage: Stage):
    stage.supervisor.order(jazz(5), rock(6))
    stage.wait(lambda: stage.turned() == stage.turned("rock") == ["online"])
    stage.supervisor.order(leaving={"jazz": "moved to another group"})
    stage.settle()
    assert stage.publisher.states("jazz")[-1] == ("reconnecting", "moved to another group")
    assert stage.publisher.states("rock")[-1] == ("ended", "stopped")
    assert stage.open_sources == 0


def test_it_is_let_go_of_when_its_last_event_is_receipted_and_not_before(stage: Stage):
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.turned() == ["online"])
    stage.publisher.commits = False
    stage.supervisor.order(leaving={"jazz": "moved"})
    before = len(stage.supervisor.reports)
    stage.wait(lambda: stage.open_sources == 0 and len(stage.supervisor.reports) > before + 3)
    assert stage.supervisor.heard_of == {"jazz": 5}
    stage.publisher.commits = True
    stage.settle()
    assert stage.turned() == ["online", "reconnecting"]


def test_one_that_comes_back_is_followed_under_its_new_epoch(stage: Stage):
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.turned() == ["online"])
    stage.supervisor.order(jazz(9))
    stage.wait(lambda: stage.turned(epoch=9) == ["online"])
    assert len(stage.sources) == 2
    assert [one.number for one in stage.publisher.events("jazz", 9)][:1] == [1]
    stage.settle(jazz=9)


def test_without_an_answer_it_lets_go_in_time_though_the_call_hangs(monkeypatch: pytest.MonkeyPatch):
    with staged(monkeypatch, ObedientSupervisor(lease_seconds=1.5)) as stage:
        stage.supervisor.order(jazz(5))
        stage.wait(lambda: stage.turned() == ["online"])
        stage.supervisor.withheld = 0
        stage.wait(lambda: stage.open_sources == 0)
        stage.wait(lambda: stage.publisher.states("jazz")[-1] == ("reconnecting", LAPSED))
        first = stage.supervisor.reports[-1].incarnation
        stage.supervisor.withheld = None
        stage.wait(lambda: stage.supervisor.reports[-1].incarnation != first)
        assert stage.supervisor.reports[-1].orders in (0, 2)  # none, or those it was given anew


def test_an_answer_that_comes_after_its_lease_is_not_obeyed(monkeypatch: pytest.MonkeyPatch):
    with staged(monkeypatch, ObedientSupervisor(lease_seconds=0.5)) as stage:
        stage.supervisor.withheld = 2
        stage.supervisor.order(jazz(5))
        time.sleep(1.0)
        stage.supervisor.order()
        stage.supervisor.withheld = None
        before = len(stage.supervisor.reports)
        stage.wait(lambda: len(stage.supervisor.reports) > before + 2)
        assert stage.sources == []


def test_a_supervisor_that_fails_is_asked_again(stage: Stage):
    stage.supervisor.failure = AttributeError("it is broken")
    before = len(stage.supervisor.reports)
    stage.wait(lambda: len(stage.supervisor.reports) > before + 1)
    stage.supervisor.failure = UnreachableError("it is away")
    before = len(stage.supervisor.reports)
    stage.wait(lambda: len(stage.supervisor.reports) > before + 1)
    stage.supervisor.failure = None
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.turned() == ["online"])
    assert stage.turned() == ["online"]


def test_what_is_fenced_is_let_go_of_until_it_is_granted_anew(stage: Stage):
    stage.supervisor.order(jazz(5), rock(6))
    stage.wait(lambda: stage.turned() == stage.turned("rock") == ["online"])
    stage.publisher.lazy.sever("jazz", 5)
    stage.settle(rock=6)
    stage.wait(lambda: stage.open_sources == 1)
    assert stage.turned() == ["online"]
    stage.supervisor.order(jazz(8), rock(6))
    stage.wait(lambda: stage.turned(epoch=8) == ["online"])
    assert stage.turned("rock") == ["online"]


def test_it_ends_when_it_is_told_to_and_everything_is_handed_over(stage: Stage):
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.turned() == ["online"])
    stage.supervisor.order(stop=True)
    stage.wait(lambda: not stage.thread.is_alive())
    assert stage.publisher.states("jazz")[-1] == ("ended", "stopped")
    assert stage.open_sources == 0


def test_it_ends_though_nobody_takes_what_it_has_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(group_module, "HANDOVER_SECONDS", 0.5)
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.turned() == ["online"])
    stage.publisher.reachable = False
    stage.group.stop()
    stage.wait(lambda: not stage.thread.is_alive())
    assert "events not handed over before the end: 1; it is away" in caplog.text


def test_an_engine_that_is_stuck_ends_the_group(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(group_module, "DEAD_SECONDS", 0.5)
    monkeypatch.setattr(group_module, "ENGINE_SECONDS", 0.1)
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.turned() == ["online"])
    monkeypatch.setattr("streamgenre.daemon.roster.engine_trouble", lambda *_: "a turn has lasted 21 s")
    stage.thread.join(60)
    assert repr(stage.failure) == "EngineStuckError('the engine is stuck: a turn has lasted 21 s')"
    stage.failure = None


def test_the_publisher_is_shown_who_is_looked_at(stage: Stage):
    stage.publisher.wanted = ("jazz",)
    stage.supervisor.order(jazz(5), rock(6))
    stage.wait(lambda: [one for parcel in list(stage.publisher.parcels) for one in parcel.shown])
    shown = {one.station for parcel in list(stage.publisher.parcels) for one in parcel.shown}
    assert shown == {"jazz"}


# models


def test_a_station_whose_model_is_refused_has_failed_and_is_heard_once_that_is_mended(
    stage: Stage, small_models: dict[str, Exception], monkeypatch: pytest.MonkeyPatch
):
    small_models["other"] = ModelError("other: there is no such model")
    stage.supervisor.order(jazz(5, model="other"), rock(6))
    stage.wait(lambda: stage.state("jazz") == "failed" and stage.turned("rock") == ["online"])
    report = stage.supervisor.reports[-1].stations["jazz"]
    assert (report.reason, report.heard, report.epoch) == ("other: there is no such model", False, 5)
    stage.wait(lambda: stage.publisher.states("jazz") == [("failed", "other: there is no such model")])
    monkeypatch.setattr(models_module, "AGAIN_SECONDS", 0.0)
    before = len(stage.supervisor.reports)
    stage.wait(lambda: len(stage.supervisor.reports) > before + 3)
    told = {report.stations["jazz"].state for report in stage.supervisor.reports[before:]}
    assert told == {"failed"}
    small_models.clear()
    stage.wait(lambda: stage.turned() == ["failed", "online"])


def test_a_station_goes_on_with_its_old_model_until_the_new_one_is_there(
    stage: Stage, small_models: dict[str, Exception]
):
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.turned() == ["online"])
    small_models["other"] = ModelError("other: there is no such model")
    stage.supervisor.order(jazz(5, model="other"))
    stage.wait(lambda: stage.supervisor.reports[-1].orders == 3)
    before = len(stage.supervisor.reports)
    stage.wait(lambda: len(stage.supervisor.reports) > before + 2)
    assert stage.turned() == ["online"]
    assert len(stage.sources) == 1


# switching off


def test_what_was_switched_off_is_not_heard_in_its_new_group(stage: Stage):
    stage.publisher.off = {"jazz"}
    stage.supervisor.order(jazz(5), rock(6))
    stage.wait(lambda: stage.turned("jazz") == ["disabled"] and stage.turned("rock") == ["online"])
    assert len(stage.sources) == 1
    stage.settle(jazz=5, rock=6)
    stage.wait(lambda: not stage.supervisor.reports[-1].stations["jazz"].enabled)


def test_what_was_switched_elsewhere_meanwhile_counts_when_it_comes_back(stage: Stage):
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.turned() == ["online"])
    assert stage.group.command("jazz", Command(enabled=False)) is None
    stage.wait(lambda: stage.turned() == ["online", "disabled"])
    stage.supervisor.order(leaving={"jazz": "moved"})
    stage.settle()
    stage.supervisor.order(jazz(9))  # and somebody has switched it on in the other group
    stage.wait(lambda: stage.turned(epoch=9) == ["online"])


def test_a_switch_holds_though_the_station_is_changed_at_once(stage: Stage):
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.turned() == ["online"])
    stage.group.command("jazz", Command(enabled=False))
    stage.supervisor.order(jazz(5, url="http://radio.example/other"))
    stage.wait(lambda: stage.turned()[-2:] == ["ended", "disabled"])
    assert stage.open_sources == 0


def test_one_that_is_switched_before_it_is_there_obeys(stage: Stage):
    stage.publisher.reachable = False
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.publisher.asked)
    assert stage.group.command("jazz", Command(enabled=False)) is None
    stage.publisher.reachable = True
    stage.wait(lambda: stage.turned() == ["disabled"])
    assert stage.sources == []


def test_what_the_publisher_remembers_is_waited_for_a_little_and_holds_when_it_is_known(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    stage.publisher.off = {"jazz"}
    stage.publisher.reachable = False
    stage.supervisor.order(jazz(5))
    stage.wait(lambda: stage.publisher.asked)
    assert stage.sources == []
    monkeypatch.setattr(switches_module, "PATIENCE_SECONDS", 0.0)
    stage.wait(lambda: stage.open_sources == 1)
    stage.publisher.reachable = True
    stage.wait(lambda: stage.turned() == ["online", "disabled"])
    assert stage.open_sources == 0


def test_a_command_for_a_station_of_others_is_refused(stage: Stage):
    assert stage.group.command("jazz", Command(enabled=False)) == "there is no such source"
    assert stage.group.command("jazz", Command(reset=True)) == "there is no such source"
