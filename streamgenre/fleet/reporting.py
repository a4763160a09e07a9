"""A group's reports on their way to the supervisor: however long an answer takes, the group goes on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

from streamgenre.fleet.crossing import GroupReport, Orders
from streamgenre.fleet.doors import Superior, UnreachableError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the supervisor said to a report."""

    report: GroupReport
    sent_at: float
    """Monotonic seconds: from here the lease counts."""
    orders: Orders


class Reporting:
    """One thread, "reports", alone speaks to the supervisor; one other uses this."""

    def __init__(self, superior: Superior, answered: Callable[[], None]) -> None:
        """`answered` is called when there is something to look at; it neither waits nor raises."""
        self._superior = superior
        self._answered = answered
        self._reports = SimpleQueue[tuple[GroupReport, float]]()
        self._answer: Answer | None = None
        self._idle = True
        self._told = False
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    @property
    def idle(self) -> bool:
        """Whether the last report was answered, or in vain."""
        return self._idle

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        self._thread.start()

    def send(self, report: GroupReport, now: float) -> None:
        """Send one; while this is idle."""
        self._idle = False
        self._reports.put((report, now))

    def answer(self) -> Answer | None:
        """Return, once, what was answered; None: nothing yet, or nobody."""
        found, self._answer = self._answer, None
        return found

    def _run(self) -> None:
        while True:
            report, sent_at = self._reports.get()
            orders = self._ask(report)
            if orders is not None:
                self._answer = Answer(report, sent_at, orders)
            self._idle = True
            self._answered()

    def _ask(self, report: GroupReport) -> Orders | None:
        """Whatever is wrong over there, the lease decides."""
        try:
            orders = self._superior.report(report)
        except UnreachableError as error:
            self._tell("the supervisor cannot be reached: %s", error)
        except Exception as error:  # noqa: BLE001  # it is told, and tried again
            self._tell("the supervisor has failed: %r", error)
        else:
            self._told = False
            return orders
        return None

    def _tell(self, words: str, error: Exception) -> None:
        if not self._told:
            self._told = True
            log.warning(words, error)
