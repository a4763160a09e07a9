"""What the fleet's actors are called, and how they are found: from any process of the cluster."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

import ray
from ray.actor import ActorHandle
from ray.exceptions import GetTimeoutError, RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from streamgenre.fleet.connection import NAMESPACE
from streamgenre.fleet.doors import Machine, UnreachableError

SUPERVISOR = "fleet-supervisor"
PUBLISHER = "fleet-publisher"
_HEAD = "node:__internal_head__"

log = logging.getLogger(__name__)


class NotThereError(UnreachableError):
    """Nobody of this name is there, and Ray knows it."""


class Line:
    """To one actor, from any thread. It is looked up once: every look asks the head, and may wait for it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._handle: ActorHandle[Any] | None = None

    def ask(self, method: str, *values: object, seconds: float) -> Any:  # noqa: ANN401  # any answer
        """Call it and wait for its answer. Raises UnreachableError, or what the actor raised."""
        handle = self._handle or find(self._name)
        try:
            answer = _call(self._name, handle, method, values, seconds)
        except UnreachableError:
            self._handle = None
            raise
        self._handle = handle
        return answer


def find(name: str) -> ActorHandle[Any]:
    """Return an actor that runs, or is being started. Raises UnreachableError."""
    try:
        return ray.get_actor(name, NAMESPACE)
    except ValueError as error:
        raise NotThereError(f"{_shown(name)} is not there") from error
    except RayError as error:
        raise UnreachableError(f"the cluster cannot say where {_shown(name)} is") from error


def ask(name: str, method: str, *values: object, seconds: float) -> Any:  # noqa: ANN401  # any answer
    """Call an actor and wait for its answer. Raises UnreachableError, or what the actor raised."""
    return _call(name, find(name), method, values, seconds)


def _call(name: str, handle: ActorHandle[Any], method: str, values: Sequence[object], seconds: float) -> Any:  # noqa: ANN401  # any answer
    try:
        return ray.get(getattr(handle, method).remote(*values), timeout=seconds)
    except RayTaskError as error:
        raise cause_of(error) from None
    except GetTimeoutError:
        raise UnreachableError(f"{_shown(name)} has not answered within {seconds:g} s") from None
    except RayError as error:
        raise UnreachableError(f"{_shown(name)} is gone or is being started anew") from error


def _shown(name: str) -> str:
    return f"the {name.removeprefix('fleet-')}" if name in (SUPERVISOR, PUBLISHER) else f"group {name}"


def cause_of(error: BaseException) -> BaseException:
    """Return what an actor raised, without the trace of where."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(error, RayTaskError) and isinstance(cause, Exception) else error


def on_machine(node_id: str) -> NodeAffinitySchedulingStrategy:
    """Return what keeps an actor on one machine."""
    return NodeAffinitySchedulingStrategy(node_id=node_id, soft=False)


def machine_id(node: dict[str, Any]) -> str:
    """Return a machine's name: that of the host, and what no other start of it shares."""
    host = re.sub(r"[^a-z0-9_-]+", "-", str(node["NodeManagerHostname"]).lower()).strip("-")
    return f"{host or 'machine'}-{str(node['NodeID'])[:6]}"


def machines() -> dict[str, tuple[str, Machine]]:
    """Return Ray's id of the node, and the machine, by its id; those alone that may carry groups."""
    found: dict[str, tuple[str, Machine]] = {}
    for node in ray.nodes():
        cores = float(node["Resources"].get("CPU", 0.0)) if node["Alive"] else 0.0
        if cores > 0.0:
            found[machine_id(node)] = str(node["NodeID"]), Machine(machine_id(node), cores)
    return found


def own_machine() -> str:
    """Return the id of the machine this process runs on."""
    own = ray.get_runtime_context().get_node_id()
    return next((machine_id(node) for node in ray.nodes() if node["NodeID"] == own), own[:6])


def head_node() -> str:
    """Return Ray's id of the head."""
    for node in ray.nodes():
        if node["Alive"] and _HEAD in node["Resources"]:
            return str(node["NodeID"])
    raise UnreachableError("the cluster has no head")
