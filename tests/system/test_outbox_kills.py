"""kill -9 at random moments: no committed number missing, none given twice, no stretch left open."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from streamgenre.publish.outbox import Outbox
from tests.support.outbox_writer import SOURCES

SEED = 20261121
MOST_SECONDS = 0.35


def run_and_kill(path: Path, seed: int, seconds: float) -> list[dict[str, Any]]:
    """Return what was delivered before the kill; the seconds begin with the first line."""
    command = [sys.executable, "-m", "tests.support.outbox_writer", str(path), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        first = process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        rest = process.stdout.read()
    return [json.loads(line) for line in (first + rest).splitlines()]


def open_when_killed(path: Path) -> list[dict[str, Any]]:
    outbox = Outbox(path)
    found = outbox.interrupted()
    outbox.close()
    return found


def drain(path: Path) -> list[dict[str, Any]]:
    outbox = Outbox(path)
    outbox.append(outbox.interrupted())
    drained = []
    while (row := outbox.waiting()) is not None:
        drained.append(json.loads(row.wording()))
        outbox.sent(row.row_id)
    outbox.close()
    return drained


@pytest.mark.system
@pytest.mark.parametrize("kills", [12, pytest.param(36, marks=pytest.mark.slow)])
def test_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path, kills: int):
    path, chance = tmp_path / "outbox.db", random.Random(SEED)
    delivered: list[dict[str, Any]] = []
    left_open: list[dict[str, Any]] = []
    for kill in range(kills):
        delivered += run_and_kill(path, SEED + kill, chance.uniform(0.0, MOST_SECONDS))
        left_open += open_when_killed(path)
    delivered += drain(path)

    events: dict[tuple[str, int], dict[str, Any]] = {}
    doubles = 0
    for event in delivered:
        late = event.pop("late", False)
        known = events.setdefault((event["source"], event["seq"]), event)
        assert known == event, "one number, two contents"
        doubles += known is not event
        assert known is event or late, "sent again without saying so"
    for source in SOURCES:
        order = [event["seq"] for event in delivered if event["source"] == source]
        firsts = list(dict.fromkeys(order))
        assert firsts == list(range(1, len(firsts) + 1)), "a number is missing or out of order"
    restarts = [
        event for event in events.values() if event["type"] == "segment" and event["reason"] == "restart"
    ]
    assert sorted(map(unnumbered, restarts)) == sorted(map(unnumbered, left_open))
    assert restarts
    assert doubles <= kills  # at most the one that was on its way


def unnumbered(event: dict[str, Any]) -> str:
    return json.dumps(event | {"seq": None})
