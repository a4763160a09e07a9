"""The worker processes of an archive: Ray Data, over as many machines as there are."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Self

import ray.data

from streamgenre.errors import StreamgenreError
from streamgenre.fleet.archive.remote_memory import RemoteMemory, start_memory
from streamgenre.fleet.archive.task import Answer, ArchiveFile, Manner
from streamgenre.fleet.archive.worker import ArchiveWorker
from streamgenre.fleet.connection import Connection
from streamgenre.fleet.ray_chatter import wants_chatter

FEWEST_FILES_AT_ONCE = 1000
FILES_A_WORKER_AT_ONCE = 100
"""Ray holds a small object for each file that waits."""
MOST_WORKERS = 10_000
TASKS_IN_FLIGHT = 2
"""The next file is there when a worker has finished one."""
ROOM_SECONDS = 1.0
ENDING_SECONDS = 5.0
LOOK_SECONDS = 5.0
MOST_SILENT_LOOKS = 3
"""A head that does not answer for as long is lost."""


class Crew:
    """Hears files on a cluster; the answers come as they are ready, in any order. Ends with its block."""

    def __init__(self, connection: Connection, manner: Manner, most_workers: int | None) -> None:
        self._connection = connection
        self._manner = manner
        self._most_workers = most_workers or MOST_WORKERS
        self._coming: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._heard: ray.data.Dataset | None = None
        self._ending = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what is still under way: Ray ends the process where it is taken away under a thread."""
        self._ending = True
        if executor := getattr(self._heard, "_current_executor", None):
            with suppress(Exception):  # the cluster may be gone, which was told
                executor.shutdown(force=True)
        if self._thread:
            self._thread.join(ENDING_SECONDS)

    def wait_for_room(self, tell: Callable[[str], None]) -> None:
        """Wait until there is a processor for a first worker; whoever waits is told why."""
        if self._connection.free_cpus() < 1.0:
            tell(
                f"no CPU of the cluster at {self._connection.address} is free ({self._connection.size()}; "
                "a live fleet holds its own all the time); waiting for one"
            )
        while self._connection.free_cpus() < 1.0:
            time.sleep(ROOM_SECONDS)

    def answers(self, files: Sequence[ArchiveFile]) -> Iterator[Answer]:
        """Yield an answer a file. Raises StreamgenreError when the cluster is lost or no machine is fit."""
        self._thread = threading.Thread(target=self._hear, args=[files], name="archive", daemon=True)
        self._thread.start()
        while (found := self._next()) is not None:
            yield Answer.from_json(found)

    def _next(self) -> str | None:
        """Wait away from Ray, which swallows what Ctrl-C raises."""
        silent_looks = 0
        while True:
            try:
                found = self._coming.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                silent_looks = 0 if self._connection.answers() else silent_looks + 1
                if silent_looks >= MOST_SILENT_LOOKS:
                    raise StreamgenreError(
                        f"the cluster's head at {self._connection.address} does not answer any more"
                    ) from None
                continue
            if isinstance(found, Exception):
                raise StreamgenreError(f"Ray gave up: {_last_line(found)}") from found
            return found

    def _hear(self, files: Sequence[ArchiveFile]) -> None:
        try:
            _be_quiet()
            memory = start_memory()
            at_once = max(FEWEST_FILES_AT_ONCE, FILES_A_WORKER_AT_ONCE * self._workers(len(files)))
            for first in range(0, len(files), at_once):
                for answer in self._answers_to(files[first : first + at_once], memory):
                    self._coming.put(answer)
        except Exception as error:  # noqa: BLE001  # it is raised again where the answers are awaited
            self._coming.put(error)
        else:
            self._coming.put(None)

    def _answers_to(self, files: Sequence[ArchiveFile], memory: RemoteMemory) -> Iterator[str]:
        """Yield the answers as JSON, each as soon as it is there.

        A file is a block, so that nothing waits for its neighbours; a process that dies is replaced by
        Ray, and its file given to another.
        """
        if self._ending:
            return
        tasks = [{"task": file.to_json()} for file in files]
        pool = ray.data.ActorPoolStrategy(
            min_size=1,
            initial_size=self._workers(len(files)),
            max_size=min(self._most_workers, len(files)),
            max_tasks_in_flight_per_actor=TASKS_IN_FLIGHT,
        )
        self._heard = ray.data.from_items(tasks, override_num_blocks=len(tasks)).map_batches(
            ArchiveWorker,
            batch_size=1,
            compute=pool,
            num_cpus=1,
            fn_constructor_args=(self._manner, memory),
        )
        for batch in self._heard.iter_batches(batch_size=None, prefetch_batches=0):
            yield from map(str, batch["answer"])

    def _workers(self, files: int) -> int:
        return max(1, min(int(self._connection.free_cpus()), self._most_workers, files))


def _be_quiet() -> None:
    """The progress bar is ours, and what Ray has to say is in its log files."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    # What it would hold back for larger answers keeps workers idle where its store is small.
    context.target_max_block_size = 1 << 20
    if not wants_chatter():
        logger = logging.getLogger("ray.data")
        logger.handlers = [each for each in logger.handlers if not isinstance(each, logging.StreamHandler)]


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()
