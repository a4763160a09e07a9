"""What a worker process does: one file after the other, through the function that Python users call."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from streamgenre import __version__
from streamgenre.errors import ModelError, StreamgenreError
from streamgenre.fleet.archive.task import Answer, ArchiveFile, Manner, Outcome
from streamgenre.fleet.archive.witness import MOST_CRASHES, Memory
from streamgenre.publish.classification import row_of_failure
from streamgenre.publish.payload import Payload

if TYPE_CHECKING:
    from streamgenre.classify.onnx_model import OnnxModel

log = logging.getLogger(__name__)


class ArchiveWorker:
    """Answers one file a call. It loads nothing before its first: whoever dies of that is noted."""

    def __init__(self, manner: Manner, memory: Memory) -> None:
        self._manner = manner
        self._memory = memory
        self._machine = socket.gethostname()
        self._model: OnnxModel | None = None

    def __call__(self, batch: Mapping[str, Sequence[object]]) -> dict[str, list[str]]:
        """Take a batch of one row, `task`; return one of one row, `answer`."""
        (task,) = batch["task"]
        return {"answer": [self.answer(ArchiveFile.from_json(str(task))).to_json()]}

    def answer(self, file: ArchiveFile) -> Answer:
        """Hear a file, unless it has ended too many processes already."""
        died_on = self._memory.begin(file.path, self._machine)
        if len(died_on) >= MOST_CRASHES:
            found = self._failure(file, "crashed", _crashed(file.path, died_on))
        else:
            found = self._heard(file)
        self._memory.finish(file.path)
        return found

    def _heard(self, file: ArchiveFile) -> Answer:
        try:
            model = self._ready_model()
        except StreamgenreError as error:
            return self._failure(file, "unfit", f"the machine {self._machine} cannot take part: {error}")
        try:
            file = ArchiveFile.at(file.path)
        except OSError as error:
            return self._failure(file, "unseen", unseen(file.path, self._machine, error.strerror))
        outcome, row = _row(file.path, model, self._manner)
        return Answer(file, outcome, row, self._machine)

    def _ready_model(self) -> OnnxModel:
        from streamgenre.classify.registry import load_genre_model  # noqa: PLC0415  # see the class

        if __version__ != self._manner.version:
            raise StreamgenreError(
                f"it has streamgenre {__version__}, not {self._manner.version}; install the same everywhere"
            )
        if self._model is None:
            model = load_genre_model(self._manner.model)
            if model.identity.sha256 != self._manner.sha256:
                raise ModelError(
                    f"its model {self._manner.model} is another one; install the same everywhere"
                )
            self._model = model
        return self._model

    def _failure(self, file: ArchiveFile, outcome: Outcome, error: str) -> Answer:
        return Answer(file, outcome, row_of_failure(file.path, error), self._machine)


def unseen(path: str, machine: str, why: str | None) -> str:
    """Say that a machine does not see a file that is there."""
    return f"{path}: {why} on the machine {machine}; every machine must see the files at the same path"


def _crashed(path: str, died_on: Sequence[str]) -> str:
    machines = " and ".join(dict.fromkeys(died_on))
    return (
        f"{path}: the process that heard it died {len(died_on)} times, on {machines}: "
        "the decoder crashed, or memory ran out"
    )


def _row(path: str, model: OnnxModel, manner: Manner) -> tuple[Outcome, Payload]:
    from streamgenre import api  # noqa: PLC0415  # see the class
    from streamgenre.publish.classification import row_of  # noqa: PLC0415

    try:
        found = api.classify(
            Path(path), model=model, hop_seconds=manner.hop_seconds, smoothing=manner.smoothing
        )
        return "heard", row_of(found)
    except StreamgenreError as error:
        return "broken", row_of_failure(path, str(error))
    except Exception as error:
        log.exception("%s", path)
        return "broken", row_of_failure(path, f"internal error: {error!r}; please report it")
