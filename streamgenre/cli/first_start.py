"""The first start on a machine compiles for its processor: half a minute that is said, before audio comes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamgenre.pipeline import Classifier


def make_ready(model: Classifier, files: Sequence[Path] = ()) -> None:
    """Have the model decide once; who waits for that on a terminal is told why.

    `files`: all that is to be heard, if it is files; where none is there, nobody waits to be told so.
    """
    from streamgenre.cli.progress import waiting

    if files and not any(_may_be_there(path) for path in files):
        return
    preparation = _Preparation(model)
    with waiting("getting ready; the first start compiles for this processor"):
        preparation.wait()


def _may_be_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # whoever opens it says what is wrong
        return True


class _Preparation:
    """Runs away from the main thread, which answers Ctrl-C: a compiler does not."""

    def __init__(self, model: Classifier) -> None:
        self._model = model
        self._failure: BaseException | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="first start", daemon=True).start()

    def wait(self) -> None:
        """Wait for its end and raise what ended it, if anything did."""
        self._ended.wait()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        from streamgenre.daemon.warm_up import decide_once

        try:
            decide_once(self._model)
        except BaseException as error:  # noqa: BLE001  # it is raised again where the command waits
            self._failure = error
        finally:
            self._ended.set()
