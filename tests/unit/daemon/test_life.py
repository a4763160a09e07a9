"""What systemd is told, what signals do, and when the process ends by itself."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from streamgenre.daemon import life as life_module
from streamgenre.daemon.following import Following
from streamgenre.daemon.life import EngineDeadError, Life, Wishes
from streamgenre.errors import ConfigurationError
from streamgenre.publish.health_report import HealthReport
from streamgenre.sd_notify import Notifier
from streamgenre.settings import LogSettings, Settings

SETTINGS = Settings(node="bar")


class Told(Notifier):
    """A notifier whose words are kept."""

    words: list[str] = []  # noqa: RUF012  # replaced for each test

    def _send(self, *assignments: str) -> None:
        self.words.extend(assignments)


@dataclass
class FakeNode:
    settings: Settings = SETTINGS
    classified: bool = False
    all_explained: bool = False
    finished: bool = False
    engine_trouble: str | None = None
    ticks: int = 0
    reopened: int = 0
    refusal: Exception | None = None
    replaced: int = 0
    models_change: bool = False
    refused: list[str | None] = field(default_factory=list[str | None])
    at_tick: Callable[[FakeNode], None] = field(default=lambda _node: None)
    at_prepare: Callable[[Settings], None] = field(default=lambda _settings: None)

    def tick(self) -> HealthReport:
        self.ticks += 1
        self.at_tick(self)
        return HealthReport(self.engine_trouble, ())

    def status(self, _health: HealthReport) -> str:
        return "all is well"

    def tell_refusal(self, reason: str | None) -> None:
        self.refused.append(reason)

    def reopen_lines(self) -> None:
        self.reopened += 1

    def prepare(self, settings: Settings) -> tuple[Following, ...]:
        self.at_prepare(settings)
        return ()

    def replace(self, settings: Settings, followings: tuple[Following, ...]) -> bool:
        assert followings == ()
        if self.refusal:
            raise self.refusal
        self.settings = settings
        self.replaced += 1
        return self.models_change


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life_module, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(Told, "words", [])


def life(node: FakeNode, load: Callable[[], Settings] = lambda: SETTINGS, **keys: Any) -> Life:
    notifier = Told("/nowhere", keys.pop("watchdog_seconds", None))
    return Life(node, load, notifier, keys.pop("configure", lambda _settings: None), keys.pop("wishes", None))


def after(condition: Callable[[FakeNode], bool], number: signal.Signals) -> Callable[[FakeNode], None]:
    sent = threading.Event()

    def at_tick(node: FakeNode) -> None:
        if condition(node) and not sent.is_set():
            sent.set()
            os.kill(os.getpid(), number)

    return at_tick


def test_it_is_ready_with_the_first_decision_and_ends_by_a_signal():
    node = FakeNode(at_tick=lambda node: setattr(node, "classified", node.ticks > 3))
    stop = after(lambda node: node.ticks > 5, signal.SIGTERM)
    decide = node.at_tick
    node.at_tick = lambda node: (decide(node), stop(node))
    assert life(node).run() == signal.SIGTERM
    assert Told.words.index("STATUS=all is well") < Told.words.index("READY=1")
    assert Told.words.count("READY=1") == 1
    assert node.ticks > 5


def test_it_is_ready_when_a_reason_is_stated_and_ends_with_its_files():
    node = FakeNode(all_explained=True)
    node.at_tick = lambda node: setattr(node, "finished", node.ticks > 2)
    assert life(node).run() is None
    assert "READY=1" in Told.words


def test_the_watchdog_is_fed_while_the_engine_lives(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(life_module, "DEAD_SECONDS", 0.2)
    node = FakeNode()

    def at_tick(node: FakeNode) -> None:
        if Told.words.count("WATCHDOG=1") == 3:
            node.engine_trouble = "a turn has lasted 25 s"

    node.at_tick = at_tick
    with pytest.raises(EngineDeadError, match="a turn has lasted 25 s"):
        life(node, watchdog_seconds=0.05).run()
    assert Told.words.count("WATCHDOG=1") == 3


def test_an_engine_that_recovers_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(life_module, "DEAD_SECONDS", 60.0)
    node = FakeNode(engine_trouble="stuck")

    def at_tick(node: FakeNode) -> None:
        node.engine_trouble = "stuck" if node.ticks < 5 else None
        node.finished = Told.words.count("WATCHDOG=1") > 1

    node.at_tick = at_tick
    assert life(node, watchdog_seconds=0.02).run() is None


def test_a_new_configuration_is_taken_and_a_bad_one_refused(caplog: pytest.LogCaptureFixture):
    better = replace(SETTINGS, log=LogSettings(level="debug"))
    answers: list[Settings | Exception] = [better]
    configured: list[Settings] = []
    node = FakeNode(classified=True)

    def load() -> Settings:
        answer = answers.pop(0) if answers else ConfigurationError("sources[0].hop: 9\nis too long")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def at_tick(node: FakeNode) -> None:
        node.finished = node.reopened == 2
        if node.reopened < 2:
            os.kill(os.getpid(), signal.SIGHUP)

    node.at_tick = at_tick
    assert life(node, load, configure=configured.append).run() is None
    assert configured == [better]
    assert node.settings == better
    assert any(word.startswith("RELOADING=1") for word in Told.words)
    assert any("new configuration refused: sources[0].hop: 9 is too long" in word for word in Told.words)
    assert "the old one stays in force" in caplog.text
    assert node.refused == [None, "sources[0].hop: 9 is too long"]


def test_what_needs_a_restart_is_named(caplog: pytest.LogCaptureFixture):
    node = FakeNode()
    reload = after(lambda node: node.ticks == 1, signal.SIGHUP)

    def at_tick(node: FakeNode) -> None:
        reload(node)
        node.finished = node.reopened > 0

    node.at_tick = at_tick
    with caplog.at_level("WARNING"):
        assert life(node, lambda: replace(SETTINGS, node="elsewhere")).run() is None
    assert "node.id will change with the next restart" in caplog.text
    assert node.settings.node == "bar"


def test_a_reload_that_takes_long_or_hangs_stops_nothing_else():
    """Compiling kernels for a new model takes minutes; a configuration may lie on a disk that hangs."""
    may_go_on = threading.Event()
    hanging = threading.Event()

    def prepare(_settings: Settings) -> None:
        hanging.set()
        assert may_go_on.wait(60)

    node = FakeNode(classified=True, at_prepare=prepare)
    reload = after(lambda node: node.ticks == 2, signal.SIGHUP)
    stop = after(lambda _node: hanging.is_set() and Told.words.count("WATCHDOG=1") > 3, signal.SIGTERM)
    node.at_tick = lambda node: (reload(node), stop(node))
    assert life(node, watchdog_seconds=0.05).run() == signal.SIGTERM
    assert node.replaced == 0
    may_go_on.set()


def test_wishes_during_a_reload_are_one_more():
    loads: list[int] = []
    node = FakeNode(classified=True, at_prepare=lambda _settings: loads.append(node.ticks))

    def load() -> Settings:
        if len(loads) == 0:
            for _ in range(5):
                os.kill(os.getpid(), signal.SIGHUP)
        return SETTINGS

    first = after(lambda node: node.ticks == 1, signal.SIGHUP)

    def at_tick(node: FakeNode) -> None:
        first(node)
        node.finished = node.replaced == 2

    node.at_tick = at_tick
    assert life(node, load).run() is None
    assert len(loads) == node.replaced == 2
    assert Told.words.count("READY=1") == 3


def test_a_model_that_changed_on_disk_is_taken_though_the_configuration_did_not(
    caplog: pytest.LogCaptureFixture,
):
    node = FakeNode(models_change=True)
    reload = after(lambda node: node.ticks == 1, signal.SIGHUP)

    def at_tick(node: FakeNode) -> None:
        reload(node)
        node.finished = node.replaced > 0

    node.at_tick = at_tick
    with caplog.at_level("INFO"):
        assert life(node).run() is None
    assert "other models" in caplog.text


def test_what_nobody_foresaw_at_a_reload_ends_nothing(caplog: pytest.LogCaptureFixture):
    node = FakeNode(refusal=RuntimeError("a bug"))
    reload = after(lambda node: node.ticks == 1, signal.SIGHUP)

    def at_tick(node: FakeNode) -> None:
        reload(node)
        node.finished = bool(node.refused)

    node.at_tick = at_tick
    assert life(node).run() is None
    assert node.refused == ["internal error: RuntimeError('a bug')"]
    assert "reading the configuration again has failed" in caplog.text


def test_a_wish_from_before_it_lived_is_obeyed_and_says_nothing_of_readiness():
    wishes = Wishes()
    wishes.put(signal.SIGHUP)
    node = FakeNode()
    node.at_tick = lambda node: setattr(node, "finished", node.replaced > 0)
    assert life(node, wishes=wishes).run() is None
    assert not [word for word in Told.words if word.startswith(("READY", "RELOADING"))]
