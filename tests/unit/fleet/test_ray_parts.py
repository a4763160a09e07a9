"""What lies around the fleet's parts on Ray, without a cluster."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="Ray is not installed")

from ray.exceptions import ActorDiedError

from streamgenre.errors import ConfigurationError
from streamgenre.fleet import ray_cluster, ray_lifeline, ray_publisher, ray_supervisor
from streamgenre.fleet.crossing import Parcel
from streamgenre.fleet.doors import UnreachableError
from streamgenre.fleet.ledger import Deployment, Ledger
from streamgenre.fleet.ray_publisher import LEDGER_FILE, PublisherActor
from streamgenre.fleet.ray_supervisor import SupervisorActor
from streamgenre.fleet.state_lock import StateTakenError, lock_state
from streamgenre.settings import MetricsSettings, Settings
from tests.support.fleet_handing import station


def wait_until(found: Callable[[], Any]) -> None:
    give_up = time.monotonic() + 60
    while not found():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def deployed(folder: Path, settings: Settings) -> None:
    ledger = Ledger(folder / LEDGER_FILE)
    ledger.deploy(Deployment(settings, (station("jazz"),), (), 1))
    ledger.close()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ray_publisher, ray_supervisor):
        monkeypatch.setattr(module, "end_with_the_cluster", lambda: None)
        monkeypatch.setattr(module, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(ray_supervisor, "own_machine", lambda: "head-1")
    monkeypatch.setattr(ray_cluster, "machines", dict)
    monkeypatch.setattr(SupervisorActor, "_announce", lambda self: self._stopped.wait(60))
    monkeypatch.setattr("streamgenre.logs.configure_logs", lambda *, debug: None)  # noqa: ARG005


# the publisher


def test_a_publisher_that_cannot_publish_says_why_and_begins_once_it_can(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        deployed(tmp_path, Settings("radio", metrics=MetricsSettings(f"127.0.0.1:{port}")))
        publisher = PublisherActor(str(tmp_path))
        for _ in range(2):  # the second try must not stumble over what the first one left
            time.sleep(0.06)
            incarnation, fares = publisher.fares()
            assert incarnation == ""
            assert "Address already in use" in fares["trouble"]
        with pytest.raises(UnreachableError, match="the publisher cannot publish: metrics"):
            publisher.hand(Parcel("a"))
    wait_until(lambda: publisher.fares()[0])
    assert publisher.hand(Parcel("a")).publisher == publisher.fares()[0]
    publisher.stop()


def test_a_publisher_outlives_a_ledger_that_cannot_be_read(tmp_path: Path):
    (tmp_path / LEDGER_FILE).mkdir()
    publisher = PublisherActor(str(tmp_path))
    assert "the fleet cannot keep what it must know" in publisher.fares()[1]["trouble"]
    (tmp_path / LEDGER_FILE).rmdir()
    deployed(tmp_path, Settings("radio"))
    wait_until(lambda: publisher.fares()[0])
    publisher.stop()


# the supervisor


@pytest.fixture
def supervisors() -> Iterator[list[SupervisorActor]]:
    found: list[SupervisorActor] = []
    yield found
    for supervisor in found:
        supervisor._stopped.set()
        logging.getLogger("streamgenre").removeHandler(supervisor._news)


def test_a_supervisor_begins_once_the_folder_is_its_own(tmp_path: Path, supervisors: list[SupervisorActor]):
    other = lock_state(tmp_path)
    assert other is not None
    supervisor = SupervisorActor(str(tmp_path))
    supervisors.append(supervisor)
    for ask in (supervisor.identity, supervisor.status, supervisor.stop):
        with pytest.raises(StateTakenError):
            ask()
    other.release()

    def is_there() -> bool:
        try:
            return supervisor.identity()[1] == str(tmp_path)
        except StateTakenError:
            return False

    wait_until(is_there)


def test_a_supervisor_outlives_a_ledger_that_cannot_be_used(
    tmp_path: Path, supervisors: list[SupervisorActor]
):
    (tmp_path / LEDGER_FILE).mkdir()
    supervisor = SupervisorActor(str(tmp_path))
    supervisors.append(supervisor)
    with pytest.raises(ConfigurationError, match="the fleet cannot keep what it must know"):
        supervisor.identity()
    (tmp_path / LEDGER_FILE).rmdir()
    wait_until(lambda: supervisor._supervisor)
    assert supervisor.status()["stations"]["total"] == 0
    assert any("cannot keep" in item.text for item in supervisor.news(0))


def test_what_is_being_ended_takes_no_new_list(
    tmp_path: Path, supervisors: list[SupervisorActor], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ray_supervisor, "end_publisher", lambda: True)
    supervisor = SupervisorActor(str(tmp_path))
    supervisors.append(supervisor)
    assert supervisor.stop()
    with pytest.raises(UnreachableError, match="the fleet is being ended"):
        supervisor.deploy(Deployment(Settings("radio"), (station("jazz"),)), again=False)


def test_what_was_deployed_before_does_not_undo_what_is_newer(
    tmp_path: Path, supervisors: list[SupervisorActor]
):
    supervisor = SupervisorActor(str(tmp_path))
    supervisors.append(supervisor)
    first, second = (Deployment(Settings("radio"), (station(name),)) for name in ("jazz", "rock"))
    supervisor.deploy(first, again=True)
    supervisor.deploy(second, again=False)
    supervisor.deploy(first, again=True)
    assert supervisor._there().deployment == second


# endings


NOT_INSTALLED = """The actor died because of an error raised in its creation task, ray::GroupActor.__init__()
  File "x.py", line 3, in __init__
ModuleNotFoundError: No module named 'streamgenre'"""
CRASHED = """The actor died unexpectedly before finishing this task.
\tpid: 7
The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR; ray stop --force"""


class DiedError(ActorDiedError):
    """As Ray tells it."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __str__(self) -> str:
        return self.words


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (NOT_INSTALLED, "ModuleNotFoundError: No module named 'streamgenre'"),
        (CRASHED, "its process was killed or has crashed"),
        ("The actor is dead because its node has died. Node Id: 0x07", "its machine is gone"),
        ("The actor is dead because it was killed by `ray.kill`.", "it was killed"),
        ("something\n new", "something new"),
    ],
)
def test_an_ending_is_told_in_a_few_words(words: str, told: str):
    assert ray_cluster._told(DiedError(words)) == told


def test_a_process_ends_with_its_cluster(monkeypatch: pytest.MonkeyPatch):
    class EndedError(BaseException):
        pass

    def end(_code: int) -> None:
        raise EndedError

    monkeypatch.setattr(ray_lifeline.os, "_exit", end)
    monkeypatch.setattr(ray_lifeline, "LOOK_SECONDS", 0.01)
    answers = iter([True, False, False, True, False, False, False])
    monkeypatch.setattr(ray_lifeline, "answers", lambda _address: next(answers))
    with pytest.raises(EndedError):
        ray_lifeline._watch("127.0.0.1:1")
    assert next(answers, None) is None
