"""A process of the head does not outlive its cluster: what it holds is wanted by the one after it."""

from __future__ import annotations

import logging
import os
import threading
import time

import ray

from streamgenre.fleet.answering import answers

LOOK_SECONDS = 1.0
LOOKS = 3
"""So often in a row nobody answers before the cluster is taken for gone."""

log = logging.getLogger(__name__)


def end_with_the_cluster() -> None:
    """End this process soon after the head is gone; Ray itself takes a minute to notice."""
    address = str(ray.get_runtime_context().gcs_address)
    threading.Thread(target=_watch, args=[address], name="lifeline", daemon=True).start()


def _watch(address: str) -> None:
    missed = 0
    while missed < LOOKS:
        time.sleep(LOOK_SECONDS)
        missed = 0 if answers(address) else missed + 1
    log.error("the head of the cluster at %s is gone; this process ends", address)
    os._exit(1)
