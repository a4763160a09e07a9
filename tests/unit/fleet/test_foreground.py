"""`fleet run` in the foreground, with a driver that is made up: signals, endings, and a head that is lost."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from streamgenre.errors import ConfigurationError, StreamgenreError, UsageError
from streamgenre.fleet import driver_process as process_module
from streamgenre.fleet import foreground as foreground_module
from streamgenre.fleet.foreground import FleetRun
from streamgenre.fleet.ledger import Deployment
from streamgenre.fleet.own_cluster import note_own_cluster, own_cluster
from streamgenre.settings import Settings, SourceSettings


class Told:
    """What systemd was told."""

    watchdog_seconds = 0.5

    def __init__(self) -> None:
        self.words: list[str] = []

    def ready(self) -> None:
        self.words.append("ready")

    def reloading(self) -> None:
        self.words.append("reloading")

    def stopping(self) -> None:
        self.words.append("stopping")

    def status(self, text: str) -> None:
        self.words.append(text)

    def watchdog(self) -> None:
        self.words.append("watchdog")


class Run:
    """A fleet that is run in a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: Any = Told()
        self.wishes = SimpleQueue[int]()
        self.loads = 0
        self.stations = (SourceSettings("jazz", "http://radio.example/jazz"),)
        self.refusal: ConfigurationError | None = None
        self.ended_by: Any = "nothing yet"
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.behave()

    def behave(self, *manners: str) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "manner").write_text("\n".join(manners))

    def start(self, address: str) -> None:
        self.fleet = FleetRun(address, self.folder, self.load, self.told, self.wishes)
        self.thread.start()

    def load(self) -> Deployment:
        if self.refusal:
            raise self.refusal
        self.loads += 1
        return Deployment(Settings("radio"), self.stations, (), self.loads)

    @property
    def noted(self) -> list[str]:
        path = self.folder / "noted"
        return path.read_text().splitlines() if path.exists() else []

    def wait_for(self, line: str, times: int = 1) -> None:
        wait_until(lambda: self.noted.count(line) >= times)

    def end(self, *signals: int) -> Any:
        for number in signals:
            self.wishes.put(number)
        self.thread.join(60)
        assert not self.thread.is_alive()
        if self.failure:
            raise self.failure
        return self.ended_by

    def _run(self) -> None:
        try:
            self.ended_by = self.fleet.run()
        except BaseException as error:  # noqa: BLE001  # told where the test waits
            self.failure = error


def wait_until(found: Callable[[], Any]) -> None:
    give_up = time.monotonic() + 60
    while not found():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Run]:
    monkeypatch.setattr(process_module, "DRIVER", (sys.executable, "-m", "tests.support.made_up_driver"))
    for name in ("TURN_SECONDS", "LOOK_SECONDS"):
        monkeypatch.setattr(foreground_module, name, 0.05)
    monkeypatch.setattr(foreground_module, "PAUSE_SECONDS", (0.05, 0.1))
    caplog.set_level(logging.INFO, "streamgenre")
    found = Run(tmp_path / "fleet")
    yield found
    found.wishes.put(signal.SIGTERM)
    found.wishes.put(signal.SIGTERM)
    if found.thread.ident:
        found.thread.join(60)
        assert not found.thread.is_alive()


@pytest.fixture
def head() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def address_of(head: socket.socket) -> str:
    return f"127.0.0.1:{head.getsockname()[1]}"


def test_a_cluster_of_its_own_ends_with_it_in_order(run: Run, caplog: pytest.LogCaptureFixture):
    run.start("local")
    run.wait_for("deploys 1")
    wait_until((run.folder / "address").exists)
    wait_until(lambda: "1 of 1 stations heard; 0 machines, 0 groups" in run.told.words)
    assert run.end(signal.SIGINT) == signal.SIGINT
    assert run.noted == ["began local", "deploys 1", "is asked to end", "ended in order"]
    assert not (run.folder / "address").exists()
    assert "the last words" in caplog.text
    assert [word for word in run.told.words if word in ("ready", "stopping")] == ["ready", "stopping"]
    assert "watchdog" in run.told.words


def test_a_fleet_on_a_cluster_goes_on_without_it(
    run: Run, head: socket.socket, caplog: pytest.LogCaptureFixture
):
    run.start(address_of(head))
    run.wait_for("deploys 1")
    wait_until(lambda: "ready" in run.told.words)
    assert run.end(signal.SIGTERM) == signal.SIGTERM
    assert "the fleet goes on without this command" in caplog.text
    assert not (run.folder / "address").exists()


def test_a_signal_before_it_has_joined_ends_it(run: Run):
    run.wishes.put(signal.SIGTERM)
    run.start("local")
    assert run.end() == signal.SIGTERM


def test_new_files_are_deployed_and_bad_ones_are_not(run: Run, caplog: pytest.LogCaptureFixture):
    run.start("local")
    wait_until(lambda: "ready" in run.told.words)
    run.refusal = ConfigurationError("stations.csv: no such file")
    run.wishes.put(signal.SIGHUP)
    wait_until(lambda: "the new configuration is refused, the old one stays in force: stat" in caplog.text)
    run.refusal = None
    run.wishes.put(signal.SIGHUP)
    run.wait_for("deploys 2")
    wait_until(lambda: run.told.words.count("ready") == 3)
    assert run.told.words.count("reloading") == 2


@pytest.mark.parametrize(
    ("manner", "error"),
    [("refuses", "it cannot be"), ("dies", "before it was made"), ("breaks-off", "before it was made")],
)
def test_what_fails_at_first_is_an_error(run: Run, manner: str, error: str):
    run.behave(manner)
    run.start("local")
    with pytest.raises(StreamgenreError, match=error) as found:
        run.end()
    assert found.value.exit_code == (3 if manner == "refuses" else 1)


def test_a_driver_that_dies_later_is_replaced(run: Run, caplog: pytest.LogCaptureFixture):
    run.behave("falls")
    run.start("local")
    run.wait_for("deploys 1 again")
    assert run.end(signal.SIGINT) == signal.SIGINT
    assert "the cluster of this command is gone; another one is started" in caplog.text


def test_a_fleet_that_somebody_ended_ends_it(run: Run, caplog: pytest.LogCaptureFixture):
    run.behave("over")
    run.start("local")
    assert run.end() is None
    assert run.noted[-1] == "ended in order"
    assert "the fleet was ended" in caplog.text


def test_a_head_that_is_gone_is_waited_for(run: Run, head: socket.socket, caplog: pytest.LogCaptureFixture):
    address = address_of(head)
    run.start(address)
    run.wait_for("deploys 1")
    head.close()
    wait_until(lambda: "is gone, and the fleet with it; waiting until it is started again" in caplog.text)
    run.wishes.put(signal.SIGHUP)  # the list that is read meanwhile is what is deployed then
    wait_until(lambda: run.loads == 2)
    with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2])), reuse_port=False):
        run.wait_for("deploys 2")
        assert run.end(signal.SIGTERM) == signal.SIGTERM
    assert "is there again; the fleet is deployed anew" in caplog.text


def test_what_a_lost_head_makes_look_like_an_end_is_none(
    run: Run, head: socket.socket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    run.start(address_of(head))
    run.wait_for("deploys 1")
    monkeypatch.setattr(foreground_module, "LOOK_SECONDS", 1e9)  # the driver is the first to notice
    head.close()
    run.behave("over")
    run.wishes.put(signal.SIGHUP)
    wait_until(lambda: "is gone, and the fleet with it" in caplog.text)
    monkeypatch.setattr(foreground_module, "LOOK_SECONDS", 0.05)
    assert run.end(signal.SIGINT) == signal.SIGINT


def test_waiting_for_a_head_ends_with_a_signal(run: Run, head: socket.socket, caplog: Any):
    run.start(address_of(head))
    run.wait_for("deploys 1")
    head.close()
    wait_until(lambda: "is gone, and the fleet with it" in caplog.text)
    assert run.end(signal.SIGINT) == signal.SIGINT


def test_a_second_signal_does_not_wait_for_what_hangs(run: Run, caplog: pytest.LogCaptureFixture):
    run.behave("hangs")
    run.start("local")
    run.wait_for("deploys 1")
    run.wishes.put(signal.SIGINT)
    run.wait_for("is asked to end")
    assert run.end(signal.SIGINT) == signal.SIGINT
    assert "the fleet did not end in order" in caplog.text


def test_a_driver_that_does_not_listen_holds_nothing_up(run: Run):
    run.stations = tuple(SourceSettings(f"station-{number}", "http://x.example/") for number in range(5000))
    run.behave("is-deaf")
    run.start("local")
    wait_until(lambda: run.noted)
    wait_until((run.folder / "address").exists)
    assert run.end(signal.SIGINT, signal.SIGINT) == signal.SIGINT


def test_another_run_gives_the_fleet_of_the_first_a_new_list(
    run: Run, head: socket.socket, caplog: pytest.LogCaptureFixture
):
    note_own_cluster(run.folder, address_of(head))
    with pytest.raises(UsageError, match="a fleet runs on this machine already"):
        FleetRun("local", run.folder, run.load, run.told, run.wishes)
    run.start("auto")
    run.wait_for(f"began {address_of(head)}")
    run.wait_for("deploys 1")
    head.close()  # as when the first one has ended
    assert run.end() is None
    assert "the fleet was ended" in caplog.text


def test_what_a_killed_run_has_noted_misleads_nobody(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = address_of(server)
        note_own_cluster(tmp_path, address)
        assert own_cluster(tmp_path) == address
    assert own_cluster(tmp_path) is None
    for nonsense in (b"\xff\xfe", b"", b"x:y", b"127.0.0.1:99999999999999"):
        (tmp_path / "address").write_bytes(nonsense)
        assert own_cluster(tmp_path) is None
