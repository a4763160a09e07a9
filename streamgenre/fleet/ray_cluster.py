"""The machines of a Ray cluster, and the groups on them, as the supervisor sees them."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import Any, cast

import ray
from ray.actor import ActorHandle
from ray.exceptions import ActorUnavailableError, RayActorError, RayError, RayTaskError

from streamgenre.fleet.connection import NAMESPACE
from streamgenre.fleet.crossing import GroupIdentity
from streamgenre.fleet.doors import Ending, Machine, UnreachableError
from streamgenre.fleet.ray_group import GroupActor
from streamgenre.fleet.ray_names import NotThereError, cause_of, find, machines, on_machine

WATCH_SECONDS = 60.0
"""After so long a group is asked anew whether it is over."""
CONCURRENCY = 8
_ENDINGS = {
    "node has died": "its machine is gone",
    "ray.kill": "it was killed",
    "worker process has died": "its process was killed or has crashed",
}
"""What is to be said, by what Ray says."""

log = logging.getLogger(__name__)


class RayCluster:
    """refresh() speaks to Ray and may wait; the rest, but for starting and ending, does not."""

    def __init__(self) -> None:
        self._machines: dict[str, tuple[str, Machine]] = {}
        self._watched: dict[str, tuple[Any, str]] = {}
        """What is waited for, and the machine, by group."""
        self._endings: list[Ending] = []
        self._lock = threading.Lock()

    def machines(self) -> tuple[Machine, ...]:
        return tuple(machine for _, machine in self._machines.values())

    def refresh(self) -> None:
        """Look which machines are there, and which groups have ended."""
        self._machines = machines()
        with self._lock:
            by_ref = {ref: group for group, (ref, _) in self._watched.items()}
        if not by_ref:
            return
        ended, _ = ray.wait(list(by_ref), num_returns=len(by_ref), timeout=0, fetch_local=False)
        for ref in ended:
            self._look(by_ref[ref], ref)

    def start_group(self, group: str, machine: str) -> None:
        node = self._machines.get(machine)
        if node is None:
            self._note(Ending(group, f"machine {machine} is gone", certain=True))
            return
        options = {
            "name": group,
            "namespace": NAMESPACE,
            "lifetime": "detached",
            "num_cpus": 1,
            "max_restarts": 0,
            "max_concurrency": CONCURRENCY,
            "scheduling_strategy": on_machine(node[0]),
            "get_if_exists": True,
        }
        actor = cast("Any", ray.remote(GroupActor)).options(**options)
        try:
            self._watch(group, machine, actor.remote(GroupIdentity(group, machine)))
        except (RayError, ValueError) as error:
            self._note(Ending(group, f"it cannot be started: {_told(error)}", certain=True))

    def watch(self, group: str, machine: str) -> None:
        """Have the end of a group told that another supervisor has started."""
        with self._lock:
            known = group in self._watched
        if not known:
            with suppress(UnreachableError):
                self._watch(group, machine, find(group))

    def end_group(self, group: str) -> None:
        with suppress(UnreachableError, RayError):
            ray.kill(find(group))

    def endings(self) -> list[Ending]:
        with self._lock:
            found, self._endings = self._endings, []
        return found

    def _watch(self, group: str, machine: str, actor: ActorHandle[Any]) -> None:
        with self._lock:
            self._watched[group] = actor.over.remote(WATCH_SECONDS), machine

    def _note(self, ending: Ending) -> None:
        with self._lock:
            self._endings.append(ending)

    def _look(self, group: str, ref: Any) -> None:  # noqa: ANN401  # a reference of Ray's
        machine = self._watched[group][1]
        try:
            over = bool(ray.get(ref))
        except ActorUnavailableError:
            over = False
        except RayActorError as error:
            self._gone(group, machine, _told(error))
            return
        except RayTaskError as error:
            self.end_group(group)
            self._gone(group, machine, _told(cause_of(error)))
            return
        except RayError as error:
            log.warning("group %s: whether it is over cannot be said: %s", group, _told(error))
            over = False
        if over:
            self.end_group(group)
            self._gone(group, machine, "it has ended in order")
            return
        try:
            self._watch(group, machine, find(group))
        except NotThereError as error:
            self._gone(group, machine, str(error))
        except UnreachableError as error:
            log.warning("group %s: %s; it is asked again", group, error)

    def _gone(self, group: str, machine: str, reason: str) -> None:
        """Only a machine that is there can know that a process of its own is not."""
        with self._lock:
            self._watched.pop(group, None)
        self._note(Ending(group, reason, certain=machine in machines()))


def _told(error: BaseException) -> str:
    """Say in a line what listeners may hear, too; Ray's own words go on for paragraphs."""
    words = str(error)
    if "creation task" in words or isinstance(error, RuntimeError):
        return _last_line(words)
    found = (told for part, told in _ENDINGS.items() if part in words)
    return next(found, " ".join(words.split())[:200] or repr(error))


def _last_line(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return " ".join(lines[-1].split())[:200] if lines else "it says nothing"
