"""Scenarios in which something dies, or hangs and wakes up again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable

from tests.support.fleet_lab.cluster import Node
from tests.support.fleet_lab.lab import Lab
from tests.support.fleet_lab.processes import seen, send
from tests.support.fleet_lab.recovery import Finding, epochs, first_states, online_again, times
from tests.support.fleet_lab.settling import settle
from tests.support.fleet_lab.victims import (
    PUBLISHER,
    SUPERVISOR,
    actor,
    busiest_decoder,
    busiest_group,
    busiest_worker,
    heard_through,
    served_on,
)

PATIENCE_SECONDS = 90.0
FROZEN_SECONDS = 20.0
"""Longer than any lease."""


def kill_group(lab: Lab) -> Finding:
    """Kill the process of the actor that has most stations."""
    group = busiest_group(lab)
    return _moved(lab, "kill-group", lab.watch.served_by(group), lambda: send(group, signal.SIGKILL))


def kill_decoder(lab: Lab) -> Finding:
    """Kill a process that decodes for a group, which stays."""
    decoder = busiest_decoder(lab)
    hit = heard_through(lab, decoder)
    before, began = epochs(lab.told()), time.monotonic()
    send(decoder, signal.SIGKILL)
    lab.comes(lambda: None not in online_again(lab.told(), hit, began).values(), PATIENCE_SECONDS)
    finding = Finding("kill-decoder", times(online_again(lab.told(), hit, began)))
    finding.wrongs += [f"kill-decoder: {s} was not back" for s in finding.served_again.never]
    return _with_moves(lab, finding, before)


def kill_raylet(lab: Lab) -> Finding:
    """Kill what Ray itself runs on a machine; the actor behind it may live on."""
    node = busiest_worker(lab)
    groups = {pid for pid in lab.watch.groups() if pid in {one.pid for one in node.processes}}
    began = time.monotonic()
    finding = _moved(lab, "kill-raylet", served_on(lab, node), node.kill_raylet)
    gone = lab.comes(lambda: not any(seen(pid) for pid in groups), PATIENCE_SECONDS)
    finding.notes["actor_lived_on_seconds"] = round(time.monotonic() - began, 1) if gone else None
    _back(lab, node)
    return finding


def kill_node(lab: Lab) -> Finding:
    """Cut a machine's power."""
    node = busiest_worker(lab)
    finding = _moved(lab, "kill-node", served_on(lab, node), node.kill)
    _back(lab, node)
    return finding


def freeze_group(lab: Lab) -> Finding:
    """Let a group hang until others have its stations; its machine, which does not hang, may end it."""
    group = busiest_group(lab)
    lab.frozen.add(group)
    hit = lab.watch.served_by(group)
    began = time.monotonic()
    finding = _moved(lab, "freeze-group", hit, lambda: send(group, signal.SIGSTOP))
    time.sleep(max(0.0, began + FROZEN_SECONDS - time.monotonic()))
    finding.notes["was_there_to_wake_up"] = send(group, signal.SIGCONT)
    return finding


def freeze_node(lab: Lab) -> Finding:
    """Let a whole machine hang until others have its stations, and wake up with all it was about to say."""
    node = busiest_worker(lab)
    hit, pids = served_on(lab, node), [one.pid for one in node.processes]
    groups = lab.watch.groups().keys() & set(pids)
    lab.frozen |= groups
    began = time.monotonic()
    finding = _moved(lab, "freeze-node", hit, lambda: _send_all(pids, signal.SIGSTOP))
    time.sleep(max(0.0, began + FROZEN_SECONDS - time.monotonic()))
    thawed = time.monotonic()
    finding.notes["was_there_to_wake_up"] = _send_all(groups, signal.SIGCONT) > 0
    _send_all(pids, signal.SIGCONT)
    let_go = lab.comes(lambda: not groups & lab.watch.groups().keys(), 30.0)
    finding.notes["let_go_after_seconds"] = round(time.monotonic() - thawed, 1) if let_go else None
    if not let_go:
        finding.wrongs.append("freeze-node: a group that was replaced still listens")
    _back(lab, node)
    return finding


def kill_supervisor(lab: Lab) -> Finding:
    """Kill the actor that grants stations: no station is to notice."""
    return _unnoticed(lab, "kill-supervisor", actor(SUPERVISOR))


def kill_publisher(lab: Lab) -> Finding:
    """Kill the actor through which all messages go: they wait, and none is lost or numbered anew."""
    return _unnoticed(lab, "kill-publisher", actor(PUBLISHER))


def _moved(lab: Lab, name: str, hit: Iterable[str], blow: Callable[[], object]) -> Finding:
    """Strike; wait until every station that was hit is served under a newer epoch."""
    wanted, before, began = frozenset(hit), epochs(lab.told()), time.monotonic()
    blow()

    def back() -> dict[str, float | None]:
        return first_states(lab.told(), wanted, began, before)

    lab.comes(lambda: None not in back().values(), PATIENCE_SECONDS)
    finding = Finding(name, times(back()))
    after = epochs(lab.told())
    finding.notes["spared_but_moved"] = sorted(
        s for s, epoch in before.items() if s not in wanted and after[s] > epoch
    )
    finding.wrongs += [f"{name}: {station} was not served again" for station in times(back()).never]
    return finding


def _unnoticed(lab: Lab, name: str, victim: int) -> Finding:
    """Kill; wait until every station has told another state; none is to connect anew."""
    hearing, before, began = lab.watch.now(), epochs(lab.told()), time.monotonic()
    send(victim, signal.SIGKILL)
    stations = tuple(hearing)

    def again() -> dict[str, float | None]:
        return first_states(lab.told(), stations, began + 1.0)

    lab.comes(lambda: None not in again().values(), PATIENCE_SECONDS)
    finding = Finding(name, times(again()))
    finding.wrongs += [f"{name}: {station} told nothing any more" for station in times(again()).never]
    _with_moves(lab, finding, before)
    now, moved = lab.watch.now(), finding.notes["moved"]
    anew = [s for s, who in hearing.items() if now.get(s) != who and s not in moved]
    finding.notes["connected_anew"] = sorted(anew)
    return finding


def _with_moves(lab: Lab, finding: Finding, before: dict[str, int]) -> Finding:
    """Note what went to another group meanwhile, as rebalancing may have it."""
    after = epochs(lab.told())
    finding.notes["moved"] = sorted(s for s, epoch in before.items() if after[s] > epoch)
    return finding


def _send_all(pids: Iterable[int], number: signal.Signals) -> int:
    """Return how many were there."""
    return sum([send(pid, number) for pid in pids])


def _back(lab: Lab, node: Node) -> None:
    """Start the machine again, for what comes next."""
    node.stop(5.0)
    node.start()
    node.wait_until_up()
    settle(lab)
