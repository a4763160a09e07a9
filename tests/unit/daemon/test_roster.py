"""Sources that come, go, change, crash and are switched, in a real engine with scripted audio."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from streamgenre.backoff import Backoff
from streamgenre.daemon import roster as roster_module
from streamgenre.daemon.following import Following
from streamgenre.daemon.roster import Roster
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import Diagnostics, Segment, SourceChange, Stamped, State
from streamgenre.publish.commands import Command
from streamgenre.settings import PipelineSettings, SourceSettings
from tests.support.fake_model import FakeModel
from tests.support.fake_source import FakeSource, Pause
from tests.support.sounds import tune

RATE_HZ = 8000


class Memory:
    def __init__(self) -> None:
        self.values: dict[tuple[str, str], object] = {}
        self.writable = threading.Event()
        self.writable.set()

    def remember(self, source: str, key: str, value: object) -> None:
        assert self.writable.wait(60)
        self.values[source, key] = value

    def recall(self, source: str, key: str) -> object:
        return self.values.get((source, key))


def endless() -> Iterator[Any]:
    sound = tune(2, RATE_HZ)
    while True:
        for at in range(0, len(sound), 800):
            yield sound[at : at + 800]
            yield Pause(0.01)


class Stage:
    """A roster, what its sources play, and what was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.scripts: dict[str, Callable[[], Any]] = {}
        self.opened: list[str] = []
        self.told: list[tuple[str, Stamped]] = []
        self.memory = Memory()
        monkeypatch.setattr(roster_module, "open_spec", self._open)
        self.roster = Roster(lambda source, stamped: self.told.append((source, stamped)), self.memory)

    def _open(self, spec: Any) -> FakeSource:
        self.opened.append(spec.url)
        script = self.scripts.get(spec.url, endless)
        return FakeSource(script(), RATE_HZ)

    def messages(self, source: str, kind: type) -> list[Any]:
        return [
            one.message for name, one in list(self.told) if name == source and isinstance(one.message, kind)
        ]

    def states(self, source: str) -> list[str]:
        return [one.state for one in self.messages(source, SourceChange)]

    def wait(self, found: Callable[[], Any]) -> None:
        give_up = time.monotonic() + 60
        while not found():
            self.roster.tick()
            assert time.monotonic() < give_up, [(name, one.message) for name, one in self.told[-5:]]
            time.sleep(0.01)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    found = Stage(monkeypatch)
    yield found
    found.roster.stop(10.0)


MODEL = FakeModel()


def following(
    source: str = "a", url: str = "http://x/1", *, recording: bool = False, model: Any = MODEL, **keys: Any
) -> Following:
    return Following(SourceSettings(source, url, **keys), model, recording)


def test_a_source_that_leaves_is_ended_and_forgotten(stage: Stage):
    stage.roster.start([following("a"), following("b")])
    stage.wait(lambda: stage.messages("a", State) and stage.messages("b", State))
    stage.roster.replace([following("b")])
    stage.wait(lambda: stage.states("a") == ["online", "ended"])
    assert [source.id for source in stage.roster.health().sources] == ["b"]
    assert stage.roster.command("a", Command(reset=True)) == "there is no such source"
    assert stage.states("b") == ["online"]


def test_another_address_is_opened_after_the_old_one_has_ended(stage: Stage):
    stage.roster.start([following()])
    stage.wait(lambda: stage.messages("a", State))
    stage.roster.replace([following(url="http://x/2")])
    stage.wait(lambda: stage.states("a") == ["online", "ended", "online"])
    assert stage.opened == ["http://x/1", "http://x/2"]


def test_changes_in_quick_succession_end_with_the_last(stage: Stage):
    stage.roster.start([following()])
    stage.wait(lambda: stage.messages("a", State))
    for number in (2, 3, 4):
        stage.roster.replace([following(url=f"http://x/{number}")])
    stage.roster.replace([])
    stage.roster.replace([following(url="http://x/5", pipeline=PipelineSettings(hop_seconds=1.0))])
    stage.wait(lambda: stage.opened[-1] == "http://x/5" and stage.states("a")[-1] == "online")
    stage.wait(lambda: stage.messages("a", Diagnostics) or stage.messages("a", State)[-1].top)
    assert len(stage.roster.health().sources) == 1


def test_a_source_that_leaves_and_comes_back_at_once_goes_on(stage: Stage):
    stage.roster.start([following()])
    stage.wait(lambda: stage.messages("a", State))
    stage.roster.replace([])
    stage.roster.replace([following()])
    stage.wait(lambda: stage.states("a") == ["online", "ended", "online"])
    assert stage.opened == ["http://x/1"] * 2


def test_other_rules_keep_the_source_open(stage: Stage):
    stage.roster.start([following()])
    stage.wait(lambda: stage.messages("a", State))
    stage.roster.replace([following(pipeline=PipelineSettings(hop_seconds=0.2))])
    stage.wait(lambda: "reconfigured" in [one.reason for one in stage.messages("a", Segment)])
    assert stage.opened == ["http://x/1"]


def test_a_crash_ends_one_source_which_begins_anew(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(roster_module, "CRASH_PAUSE_SECONDS", (0.05, 0.05))
    plays = iter([[*tune(1, RATE_HZ).reshape(10, -1, 1), RuntimeError("a bug")]])
    stage.scripts["http://x/1"] = lambda: next(plays, endless())
    stage.roster.start([following("a"), following("b", "http://x/2")])
    stage.wait(lambda: stage.states("a") == ["online", "failed", "online"])
    assert stage.states("b") == ["online"]
    assert stage.roster.health().engine_trouble is None
    assert Backoff(*roster_module.CRASH_PAUSE_SECONDS).next_pause_seconds() <= 0.05


def test_switched_off_is_remembered_until_the_configuration_changes(stage: Stage):
    stage.roster.start([following()])
    stage.wait(lambda: stage.messages("a", State))
    assert stage.roster.command("a", Command(enabled=False)) is None
    stage.wait(lambda: stage.states("a")[-1] == "disabled")
    assert not stage.roster.health().sources[0].enabled
    stage.roster.replace([])
    stage.wait(lambda: stage.states("a")[-1] == "ended")
    stage.roster.replace([following()])
    stage.wait(lambda: stage.states("a")[-1] == "disabled")
    stage.roster.replace([])
    stage.wait(lambda: stage.states("a")[-1] == "ended")
    stage.roster.replace([following(enabled=False)])
    stage.wait(lambda: stage.states("a")[-1] == "disabled")
    stage.roster.replace([following(enabled=True)])
    stage.wait(lambda: stage.states("a")[-1] == "online")


def test_a_hop_and_a_fresh_start_can_be_asked_for(stage: Stage):
    stage.roster.start([following()])
    stage.wait(lambda: stage.messages("a", State))
    assert stage.roster.command("a", Command(hop_seconds=1.0)) is None
    assert stage.roster.command("a", Command(reset=True)) is None

    def seconds_apart() -> bool:
        last = [one.audio_seconds for one in stage.messages("a", State)][-2:]
        return len(last) == 2 and last[1] - last[0] == 1.0

    stage.wait(seconds_apart)


def test_a_disk_that_hangs_stops_nobody_but_who_switched(stage: Stage):
    stage.roster.start([following("a"), following("b")])
    stage.wait(lambda: stage.messages("a", State))
    stage.memory.writable.clear()
    asking = threading.Thread(target=stage.roster.command, args=["a", Command(enabled=False)])
    asking.start()
    stage.wait(lambda: stage.states("a")[-1] == "disabled")
    heard = len(stage.messages("b", State))
    stage.wait(lambda: len(stage.messages("b", State)) > heard)
    assert [(one.id, one.enabled) for one in stage.roster.health().sources] == [("a", False), ("b", True)]
    stage.roster.replace([following("a"), following("b", enabled=False)])
    stage.wait(lambda: stage.states("b")[-1] == "disabled")
    stage.memory.writable.set()
    asking.join(60)
    stage.wait(lambda: stage.memory.values.get(("b", "enabled")) == {"enabled": False, "configured": False})
    assert stage.memory.values["a", "enabled"] == {"enabled": False, "configured": True}


def test_what_was_asked_for_under_another_configuration_does_not_come_back(stage: Stage):
    """The file said otherwise for a while, in which nobody ran."""
    stage.memory.values["a", "enabled"] = {"enabled": False, "configured": True}
    stage.roster.start([following(enabled=False)])
    stage.wait(lambda: stage.states("a") == ["disabled"])
    stage.wait(lambda: stage.memory.values["a", "enabled"] == {"enabled": False, "configured": False})
    assert not stage.roster.health().sources[0].enabled


def test_a_recording_that_has_ended_begins_anew_only_when_asked(stage: Stage):
    stage.scripts["http://x/1"] = lambda: tune(2, RATE_HZ).reshape(20, -1, 1)
    one = following(recording=True)
    stage.roster.start([one])
    stage.wait(stage.roster.all_files_over)
    assert stage.states("a") == ["online", "ended"]
    stage.roster.replace([one])
    stage.roster.replace([following(recording=True, model=FakeModel())])
    assert stage.roster.command("a", Command(enabled=True)) == "it has ended"
    assert stage.roster.all_files_over()
    assert stage.opened == ["http://x/1"]
    stage.roster.replace([following(recording=True, enabled=False)])
    stage.roster.replace([one])
    stage.wait(lambda: stage.states("a") == ["online", "ended"] * 2)


def test_what_did_not_change_loses_no_sample_whatever_else_does(stage: Stage):
    stage.roster.start([following("kept"), *(following(f"s{number}") for number in range(4))])
    stage.wait(lambda: stage.messages("kept", State))
    kept = following("kept")
    for round_ in range(6):
        others = [
            following("s1", f"http://x/{round_ % 2}"),
            following("s2", enabled=bool(round_ % 2)),
            following("s3", model=FakeModel()),
            following(f"new{round_}"),
        ]
        stage.roster.replace([kept, *others])
        heard = len(stage.messages("kept", State))
        stage.wait(lambda heard=heard: len(stage.messages("kept", State)) > heard)
    stage.roster.stop(10.0)
    assert stage.states("kept") == ["online", "ended"]
    accounts = stage.messages("kept", Diagnostics)[-1].accounts
    assert set(accounts.skipped) <= {"filling", "stopped"}
    assert (accounts.lost, accounts.pending) == (0, 0)
    assert accounts.captured == accounts.analysed + sum(accounts.skipped.values())
    times = [one.audio_seconds for one in stage.messages("kept", State)]
    assert times == [number / 2 for number in range(1, len(times) + 1)]
    assert stage.states("s3")[0] == "online"
    assert "reconfigured" in [one.reason for one in stage.messages("s3", Segment)]


@pytest.mark.parametrize("state", ["opening", "reconnecting", "failed", "disabled", "crashed"])
def test_a_source_may_change_and_leave_in_any_state(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, state: str
):
    monkeypatch.setattr(roster_module, "CRASH_PAUSE_SECONDS", (600.0, 600.0))
    may_open = threading.Event()
    failures = {
        "reconnecting": TransientSourceError("refused"),
        "failed": PermanentSourceError("no such device"),
        "crashed": RuntimeError("a bug"),
    }

    def script() -> Any:
        if state == "opening":
            assert may_open.wait(60)
        if state in failures:
            raise failures[state]
        return endless()

    stage.scripts["http://x/1"] = script
    first = following(enabled=state != "disabled")
    stage.roster.start([first, following("b", "http://x/2")])
    if state == "opening":
        stage.wait(lambda: "http://x/1" in stage.opened)
    else:
        told = "failed" if state == "crashed" else state
        stage.wait(lambda: stage.states("a") and stage.states("a")[-1] == told)
    stage.roster.replace([replace(first, model=FakeModel()), following("b", "http://x/2")])
    stage.roster.replace([following("a", "http://x/3"), following("b", "http://x/2")])
    stage.wait(lambda: stage.states("a") and stage.states("a")[-1] == "online")
    stage.wait(lambda: [one for one in stage.messages("a", State) if one.top])
    stage.roster.replace([following("b", "http://x/2")])
    stage.wait(lambda: stage.states("a")[-1] == "ended")
    may_open.set()
    assert stage.states("b") == ["online"]
    assert stage.roster.health().engine_trouble is None


def test_a_file_that_was_missing_is_tried_again_at_a_reload(stage: Stage):
    tries = iter([PermanentSourceError("no such file")])

    def script() -> Any:
        for failure in tries:
            raise failure
        return endless()

    stage.scripts["http://x/1"] = script
    one = following(recording=True)
    stage.roster.start([one, following("b", "http://x/2")])
    stage.wait(lambda: stage.states("a") == ["failed"])
    stage.wait(lambda: stage.roster.command("a", Command(reset=True)) == "it has ended")
    stage.roster.replace([one, following("b", "http://x/2")])
    stage.wait(lambda: stage.states("a") == ["failed", "online"])
    assert stage.states("b") == ["online"]


def test_a_source_that_was_well_for_long_begins_anew_as_soon_as_at_first(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(roster_module, "CRASH_PAUSE_SECONDS", (0.01, 0.02))
    plays = iter([[*tune(1, RATE_HZ).reshape(10, -1, 1), Pause(0.1), RuntimeError("a bug")]] * 4)
    stage.scripts["http://x/1"] = lambda: next(plays, endless())
    resets: list[int] = []
    monkeypatch.setattr(Backoff, "reset", lambda backoff: resets.append(id(backoff)))
    stage.roster.start([following()])
    stage.wait(lambda: stage.states("a") == [*["online", "failed"] * 4, "online"])
    assert len(resets) >= 4


def test_where_others_remember_what_was_switched_settings_alone_count(monkeypatch: pytest.MonkeyPatch):
    stage = Stage(monkeypatch)
    stage.roster = Roster(lambda source, stamped: stage.told.append((source, stamped)), None, workers=1)
    stage.roster.start([following()])
    stage.wait(lambda: stage.states("a") == ["online"])
    stage.roster.command("a", Command(enabled=False))
    stage.wait(lambda: stage.states("a")[-1] == "disabled")
    stage.roster.replace([])
    stage.wait(lambda: not stage.roster.present())
    stage.roster.replace([following()])  # switched on elsewhere meanwhile
    stage.wait(lambda: stage.states("a")[-1] == "online")
    assert stage.roster.present() == {"a"}
    stage.roster.stop(10.0)
