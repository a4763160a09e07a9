"""Looking at one part after another, or at several at once: none raises, none keeps the others waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Literal

from streamgenre.errors import StreamgenreError
from streamgenre.logs.safe_text import one_line

REMEDIES = {
    "capture": "files, URLs and PCM work without; for sound cards see the line above",
    "model": "`streamgenre models list` shows what is installed; name one of it with --model, or reinstall",
}
"""For failures that a part itself explains."""

Verdict = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found."""

    name: str
    verdict: Verdict
    found: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Something to look at."""

    name: str
    look: Callable[[], Iterable[Check]]
    seconds: float = 60.0
    """After which it is taken to hang."""


def examined(parts: Sequence[Part], at_once: int = 1) -> Iterator[Check]:
    """Give the findings in the order of the parts, safe to be shown."""
    for first in range(0, len(parts), at_once):
        looks = [_Look(part) for part in parts[first : first + at_once]]
        for look in looks:
            yield from map(_safe, look.findings())


class _Look:
    """One part being looked at, on a thread that can be left behind."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._found: Future[list[Check]] = Future()
        threading.Thread(target=self._run, name=f"doctor {part.name}", daemon=True).start()

    def findings(self) -> list[Check]:
        try:
            return self._found.result(self._part.seconds)
        except TimeoutError:
            told = f"came to nothing within {self._part.seconds:.0f} s"
            return [Check(self._part.name, "failed", told, "look for what hangs there, and examine again")]

    def _run(self) -> None:
        name = self._part.name
        try:
            found = list(self._part.look())
        except StreamgenreError as error:
            remedy = REMEDIES.get(name, "do what the line above says")
            found = [Check(name, "failed", str(error), remedy)]
        except Exception as error:  # noqa: BLE001  # a check that breaks is a finding
            remedy = "report this with the output of `streamgenre doctor --json`"
            found = [Check(name, "failed", repr(error), remedy)]
        self._found.set_result(found)


def _safe(check: Check) -> Check:
    """Names of devices, answers of servers and the like come from strangers."""
    remedy = None if check.remedy is None else one_line(check.remedy)
    return replace(check, name=one_line(check.name), found=one_line(check.found), remedy=remedy)
