"""The laboratory put together: start in order, stop in reverse, on one screen."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.fleet_lab.cluster import Cluster, guarded
from tests.support.fleet_lab.fleet import Fleet
from tests.support.fleet_lab.listening import Watch
from tests.support.fleet_lab.radio import Radio, on_air
from tests.support.fleet_lab.recording import Told, read, taken
from tests.support.icecast import free_port
from tests.support.mosquitto import PASSWORDS, Broker, make_broker
from tests.support.mqtt_subscriber import Subscriber, subscriber

NODE = "radio"
SPARE_MOUNTS = 6
"""On the air and not followed at first."""
PATIENCE_SECONDS = 180.0
HEARTBEAT_SECONDS = 5.0
"""Short, so that it is soon seen who is served."""
CONFIGURATION = """\
[node]
id = "{node}"
[model]
name = "{model}"
[mqtt]
url = "{broker}"
username = "streamgenre"
password_file = "{folder}/mqtt-password"
heartbeat_seconds = {heartbeat_seconds}
discovery = "off"
[history]
path = "{folder}/history.sqlite"
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the laboratory is."""

    stations: int
    """Followed."""
    workers: int
    """Machines beside the head."""
    head_cores: int = 0
    """As Ray counts them: groups that the head itself may have."""
    calm_seconds: float = 12.0
    """Without a move before the next scenario begins; a round of rebalancing takes five."""
    model: str = "genre-light"


@dataclass(slots=True)
class Lab:
    """Everything that runs, and everything that was heard."""

    folder: Path
    size: Size
    radio: Radio
    broker: Broker
    listening: Subscriber
    cluster: Cluster
    fleet: Fleet
    watch: Watch
    mounts: dict[str, str] = field(default_factory=dict[str, str])
    """Where each station of the list is."""
    frozen: set[int] = field(default_factory=set[int])
    """Groups that were stopped for a while, as a hung machine is."""
    _told: list[Told] = field(default_factory=list[Told])
    _taken: int = 0

    @property
    def stations(self) -> tuple[str, ...]:
        """Those that are followed at first."""
        return self.radio.stations[: self.size.stations]

    @property
    def spare(self) -> tuple[str, ...]:
        return self.radio.stations[self.size.stations :]

    def told(self, since: float = 0.0) -> list[Told]:
        """Return what stations told, in order of arrival."""
        heard = self.listening.heard[self._taken :]
        self._taken += len(heard)
        self._told += read(taken(heard))
        return [one for one in self._told if one.at >= since]

    def status_heard(self) -> dict[str, Any]:
        """Return the newest status that came over MQTT; empty: none."""
        came = [one for one in list(self.listening.heard) if one.topic == f"streamgenre/{NODE}/fleet"]
        return came[-1].json if came and came[-1].text else {}

    def list_stations(self, stations: Iterable[str], **elsewhere: str) -> None:
        """Write the list anew; a few may be at the mount of another one."""
        self.mounts = {station: station for station in stations} | elsewhere
        self.fleet.list_stations({station: self.radio.url(mount) for station, mount in self.mounts.items()})

    def wait(self, found: Callable[[], Any], what: str, patience_seconds: float = PATIENCE_SECONDS) -> Any:
        give_up = time.monotonic() + patience_seconds
        while time.monotonic() < give_up:
            if result := found():
                return result
            time.sleep(0.1)
        raise AssertionError(f"waited in vain for {what}")

    def comes(self, found: Callable[[], Any], patience_seconds: float) -> bool:
        """Return whether it came about in that time."""
        try:
            self.wait(found, "", patience_seconds)
        except AssertionError:
            return False
        return True

    def all_heard(self, stations: Iterable[str], since: float) -> bool:
        """Whether each has told a state with sound since then."""
        heard = {
            one.station
            for one in self.told(since)
            if one.kind == "state" and one.payload["status"] != "no_signal"
        }
        return set(stations) <= heard

    def wait_until_served(self, since: float | None = None) -> None:
        """Wait until all of the list are listened to, and have told a state with sound from then on."""
        began = time.monotonic() if since is None else since
        self.wait(lambda: self._runs() and self._all_listened_to(), "a listener at each station")
        self.wait(lambda: self._runs() and self.all_heard(self.mounts, began), "a state of each station")

    def _runs(self) -> bool:
        if self.fleet.exit_code is not None:
            raise AssertionError(f"fleet run has ended:\n{self.fleet.log[-3000:]}")
        return True

    def _all_listened_to(self) -> bool:
        return set(self.mounts.values()) == set(self.watch.now())


@contextmanager
def laboratory(folder: Path, size: Size) -> Iterator[Lab]:
    """Start all but the fleet itself; whatever was started ends with it."""
    with ExitStack() as stack:
        short = Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp"))
        stack.callback(_keep_logs, short, folder)
        guard = guarded(short)
        cluster = Cluster(short, free_port(), guard)
        stack.callback(cluster.stop)
        cluster.start_head(size.head_cores)
        radio = stack.enter_context(on_air(size.stations + SPARE_MOUNTS, _made(folder / "sound")))
        broker = stack.enter_context(_broker(_made(folder / "mosquitto")))
        listening = stack.enter_context(subscriber(broker, "streamgenre/#", session_id="recorder"))
        cluster.join((1,) * size.workers)
        fleet = Fleet(folder, cluster.address, guard | {"STATE_DIRECTORY": str(short / "state-head")})
        _configure(fleet, broker, size)
        watch = Watch(radio)
        stack.callback(watch.stop)
        watch.start()
        lab = Lab(folder, size, radio, broker, listening, cluster, fleet, watch)
        lab.list_stations(lab.stations)
        stack.callback(_end, fleet)
        yield lab


@contextmanager
def _broker(folder: Path) -> Iterator[Broker]:
    broker = make_broker(folder)
    broker.configure("max_queued_messages 0")
    broker.start()
    try:
        yield broker
    finally:
        broker.thaw()
        broker.stop()


def _configure(fleet: Fleet, broker: Broker, size: Size) -> None:
    secret = fleet.folder / "mqtt-password"
    secret.write_text(PASSWORDS["streamgenre"] + "\n")
    secret.chmod(0o600)
    text = CONFIGURATION.format(
        node=NODE,
        broker=broker.url,
        folder=fleet.folder,
        model=size.model,
        heartbeat_seconds=min(HEARTBEAT_SECONDS, size.calm_seconds),
    )
    fleet.config.write_text(text)


def _end(fleet: Fleet) -> None:
    if fleet.process is not None and fleet.exit_code is None:
        fleet.process.kill()
        fleet.process.wait(30)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _keep_logs(short: Path, folder: Path) -> None:
    """Move what the machines told to where the rest is."""
    for log in [*short.glob("*.log"), *short.glob("*/session_*/logs/worker-*.err")]:
        shutil.copy(log, _kept(folder, log, short))
    shutil.rmtree(short, ignore_errors=True)


def _kept(folder: Path, log: Path, short: Path) -> Path:
    target = folder / "logs" / log.relative_to(short).parts[0].removesuffix(".log")
    target.mkdir(parents=True, exist_ok=True)
    return target / log.name
