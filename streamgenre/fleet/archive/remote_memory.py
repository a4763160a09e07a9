"""A witness in a process of its own, which outlives every worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from streamgenre.fleet.archive.witness import Witness


@dataclass(frozen=True, slots=True)
class RemoteMemory:
    """A witness that all machines reach."""

    handle: Any
    """Of the actor."""

    def begin(self, path: str, machine: str) -> list[str]:
        """Wait until it is noted."""
        return cast("list[str]", ray.get(self.handle.begin.remote(path, machine)))

    def finish(self, path: str) -> None:
        """Do not wait: who dies right now has done its work."""
        self.handle.finish.remote(path)


def start_memory() -> RemoteMemory:
    """Start it on this machine: without that, nobody takes the answers either."""
    here = ray.get_runtime_context().get_node_id()
    actor: Any = ray.remote(Witness)
    options = {
        "num_cpus": 0,
        "max_restarts": -1,
        "max_task_retries": -1,
        "scheduling_strategy": NodeAffinitySchedulingStrategy(here, soft=False),
    }
    return RemoteMemory(actor.options(**options).remote())
