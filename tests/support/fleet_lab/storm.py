"""Blow after blow, before the fleet has come to rest from the last one."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from tests.support.fleet_lab.lab import Lab
from tests.support.fleet_lab.processes import send
from tests.support.fleet_lab.recovery import Finding, first_states, times
from tests.support.fleet_lab.victims import PUBLISHER, SUPERVISOR, actor, busiest_decoder, busiest_group

BLOWS = 12
LEAST_PAUSE_SECONDS, MOST_PAUSE_SECONDS = 1.0, 12.0
PATIENCE_SECONDS = 180.0


def storm(lab: Lab) -> Finding:
    """Kill at random; when it is over, every station is served."""
    seed = random.randrange(2**32)
    dice, struck = random.Random(seed), list[str]()
    for _ in range(BLOWS):
        name = dice.choice(list(KINDS))
        # While actors come and go there may be none to strike.
        with suppress(StopIteration, ValueError):
            KINDS[name](lab)
            struck.append(name)
        time.sleep(dice.uniform(LEAST_PAUSE_SECONDS, MOST_PAUSE_SECONDS))
    over = time.monotonic()
    _let_all_nodes_back(lab)

    def served() -> dict[str, float | None]:
        return first_states(lab.told(), lab.mounts, over)

    lab.comes(lambda: None not in served().values(), PATIENCE_SECONDS)
    finding = Finding("storm", times(served()), {"seed": seed, "struck": struck})
    finding.wrongs += [f"storm: {station} was not served again" for station in times(served()).never]
    return finding


def _kill_broker(lab: Lab) -> None:
    lab.broker.kill_saved()
    lab.broker.start()


def _kill_worker_machine(lab: Lab) -> None:
    _let_all_nodes_back(lab)
    random.choice(lab.cluster.workers).kill()


def _let_all_nodes_back(lab: Lab) -> None:
    for node in lab.cluster.workers:
        if node.ended:
            node.start()
            node.wait_until_up()


KINDS: dict[str, Callable[[Lab], object]] = {
    "group": lambda lab: send(busiest_group(lab), signal.SIGKILL),
    "decoder": lambda lab: send(busiest_decoder(lab), signal.SIGKILL),
    "supervisor": lambda _: send(actor(SUPERVISOR), signal.SIGKILL),
    "publisher": lambda _: send(actor(PUBLISHER), signal.SIGKILL),
    "machine": _kill_worker_machine,
    "broker": _kill_broker,
}
