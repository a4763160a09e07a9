"""Whatever is killed, and whenever: every committed event arrives, in order, and again only as it was."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.event_flood import SOURCES
from tests.support.mosquitto import Broker
from tests.support.mqtt_node import mqtt_settings
from tests.support.mqtt_subscriber import Heard, Subscriber, subscriber

pytestmark = pytest.mark.system
LOG = logging.getLogger(__name__)
MOST_PAUSE_SECONDS = 1.5


def run_with_kills(
    broker: Broker, outbox: Path, total: int, listening: Subscriber, dice: random.Random
) -> Any:
    """Return the last committed number of each source, and how often daemon and broker were killed.

    Most kills come a moment after something arrived again, however long that takes; some at any moment.
    """
    settings = mqtt_settings(broker)
    arguments = [settings.url, str(settings.password_file), str(outbox), str(total)]
    command = [sys.executable, "-m", "tests.support.event_flood", *arguments]
    kills = {"daemon": 0, "broker": 0}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        while child.poll() is None:
            if dice.random() < 0.8:
                arrived = len(listening.heard)
                listening.wait(
                    lambda arrived=arrived, child=child: (
                        len(listening.heard) > arrived or child.poll() is not None
                    )
                )
            time.sleep(dice.uniform(0.0, MOST_PAUSE_SECONDS))
            if child.poll() is None and dice.random() < 0.5:
                end(child)
                kills["daemon"] += 1
                child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            elif child.poll() is None:
                broker.kill_saved()
                kills["broker"] += 1
                broker.start()
        assert child.stdout is not None
        output = child.stdout.read()
        assert child.returncode == 0
        return dict(zip(SOURCES, map(int, output.split()), strict=True)), kills
    finally:
        end(child)


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.wait(timeout=10)
    assert child.stdout is not None
    child.stdout.close()


def check(heard: list[Heard], last: dict[str, int]) -> int:
    """Assert the contract's delivery for each source; return how many duplicates, also of the broker."""
    told: dict[tuple[str, int], dict[str, Any]] = {}
    order: dict[str, list[int]] = {source: [] for source in last}
    for one in heard:
        payload = {key: value for key, value in one.json.items() if key != "late"}
        key = (payload["source"], payload["seq"])
        if key not in told:
            order[payload["source"]].append(payload["seq"])
        assert told.setdefault(key, payload) == payload
    for source, committed in last.items():
        assert order[source] == list(range(1, committed + 1)), source
    return len(heard) - len(told)


def deliver(broker: Broker, outbox: Path, total: int) -> int:
    """Return how many events were committed, all of which arrived."""
    seed = random.randrange(2**32)
    LOG.info("seed %d", seed)
    with subscriber(broker, "streamgenre/bar/+/event", session_id="listener") as listening:
        last, kills = run_with_kills(broker, outbox, total, listening, random.Random(seed))

        def all_came() -> bool:
            numbers = {(one.json["source"], one.json["seq"]) for one in list(listening.heard)}
            return len(numbers) >= sum(last.values())

        listening.wait(all_came, f"all of {last}")
        duplicates = check(listening.heard, last)
    restarts = [one for one in listening.heard if one.json.get("reason") == "restart"]
    LOG.info("killed %s committed %s duplicates %d restarts %d", kills, last, duplicates, len(restarts))
    assert restarts or kills["daemon"] < 3, "a few may come before anything began"
    return sum(last.values())


def test_events_survive_a_few_kills(mosquitto: Broker, tmp_path: Path) -> None:
    assert deliver(mosquitto, tmp_path / "outbox.db", total=300) >= 300


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_two_thousand_events_survive_many_kills(mosquitto: Broker, tmp_path: Path) -> None:
    assert deliver(mosquitto, tmp_path / "outbox.db", total=2000) >= 2000
