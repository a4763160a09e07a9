"""A reload: what may take minutes, or hang, is done beside the main loop, which goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from streamgenre.config import Changes, changes
from streamgenre.daemon.following import Following
from streamgenre.settings import Settings


@dataclass(frozen=True, slots=True)
class Reload:
    """A new configuration that was found good, its models loaded and warm."""

    found: Changes
    """What differs from the one in force."""
    followings: tuple[Following, ...]


def prepare_reload(
    load: Callable[[], Settings],
    in_force: Settings,
    prepare: Callable[[Settings], tuple[Following, ...]],
) -> Reload:
    """Read the configuration and load its models; raises what is wrong with it, and nothing has changed."""
    found = changes(in_force, load())
    return Reload(found, prepare(found.settings))


class ComingReload:
    """One that is being prepared, on a thread of its own."""

    def __init__(self, prepare: Callable[[], Reload]) -> None:
        self._found: Future[Reload] = Future()
        threading.Thread(target=self._run, args=[prepare], name="reload", daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether it is good, or refused."""
        return self._found.done()

    def result(self) -> Reload:
        """Return what was prepared, or raise what is wrong with it; called when it is done."""
        return self._found.result()

    def _run(self, prepare: Callable[[], Reload]) -> None:
        try:
            self._found.set_result(prepare())
        except BaseException as error:  # noqa: BLE001  # it is raised again where the result is taken
            self._found.set_exception(error)
